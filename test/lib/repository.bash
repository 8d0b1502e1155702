# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites that read the repository: `load ../lib/repository` after common.

# The names of the programs.
programs() {
	local source
	for source in "$SV_ROOT"/src/programs/*.c; do
		basename "$source" .c
	done
}

# Every file of the repository, by its path in it.
files() {
	(cd "$SV_ROOT" && find . \( -path './.git' -o -path './build*' \) -prune -o -type f -printf '%P\n' | sort)
}
