#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The repository as a whole: its folders, its licence lines, and the length of its files.

load ../lib/common
load ../lib/repository

# The folders that the tables of src/README.md and test/README.md name, by their paths in the repository.
mapped_folders() {
	sed -nE 's/^\| `([a-z/]+)` \|.*/src\/\1/p' "$SV_ROOT/src/README.md" | sed 's|^src/include|include|'
	sed -nE 's/^\| `([a-z/]+)` \|.*/test\/\1/p' "$SV_ROOT/test/README.md"
}

@test "the tables of src/README.md and test/README.md have a row for every folder, and for no other" {
	assert_equal folders "$(files | grep -E '^(src|test|include)/' | sed 's|/[^/]*$||' | sort -u | grep -vxE 'src|test')" \
		"$(mapped_folders | sort)"
}

@test "every source file names its licence in the first lines" {
	local sources
	mapfile -t sources < <(files | grep -vE '(^|/)(README\.md|CONTRIBUTING\.md|\.gitignore|\.clang-format|\.editorconfig|svipc\.pc\.in)$|^test/bench/results\.tsv$|^test/bench/[a-z]*\.svg$|\.seed$|/corpus/')
	cd "$SV_ROOT"
	run_logged awk 'FNR == 1 { if (file && !found) print file; file = FILENAME; found = 0 }
		FNR <= 3 && /SPDX-License-Identifier: MIT/ { found = 1 }
		FNR > 3 { nextfile }
		END { if (!found) print file }' "${sources[@]}"
	assert_output ''
}

@test "the top level has only the files and folders that belong there" {
	local name
	for name in "$SV_ROOT"/*; do
		case ${name##*/} in
		GNUmakefile | src | include | test | scripts | README.md | build*) ;;
		*) fail "$name at the top level" ;;
		esac
	done
}

@test "no file has a path of one machine" {
	run_logged grep -rnE -I --exclude-dir=.git --exclude=.git --exclude-dir='build*' --exclude=house.bats '/(work|root|home)/[a-z]' "$SV_ROOT"
	assert_output ''
}

# The files with more than 400 lines.  Manual pages and results of the benchmark may be longer.
too_long() {
	local most=400
	files | grep -E '^(src|include|test|scripts)/' | grep -vE '^src/man/|^test/bench/results\.tsv$|^test/bench/[a-z]*\.svg$|\.seed$|/corpus/' |
		sed "s|^|$SV_ROOT/|" | xargs -d '\n' awk -v most=$most 'FNR == most + 1 { print FILENAME " has more than " most " lines" }'
}

@test "no file of src, include, test and scripts has more than 400 lines" {
	assert_equal 'files that are too long' "$(too_long)" ''
	# The check finds a file of 401 lines.
	mkdir -p tree/src/lib tree/test/unit
	seq 400 >tree/src/lib/enough.c
	seq 401 >tree/test/unit/long_test.c
	SV_ROOT=$WORK/tree
	assert_equal 'files that are too long' "$(too_long)" "$WORK/tree/test/unit/long_test.c has more than 400 lines"
}
