#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The manual pages are well formed and agree with the library and the programs: functions, codes, exit statuses, messages.

load ../lib/common
load ../lib/repository

@test "manual pages: mandoc -T lint finds nothing" {
	skip_unless mandoc
	local name
	for name in "$SV_ROOT"/src/man/*.[137]; do
		run mandoc -T lint -W base "$name"
		# mandoc also reports references to pages that are not installed here, and any name after .Os.
		assert_equal "lint of $name" "$(grep -vE 'referenced manual not found|mandoc\.db|outdated mandoc|operating system explicitly specified' <<<"$output")" ''
	done
	for name in $(programs); do
		[ -e "$SV_ROOT/src/man/$name.1" ] || fail "no manual page for $name"
	done
}

@test "manual pages: headers and footers name the project, not an operating system" {
	skip_unless mandoc
	local name
	for name in "$SV_ROOT"/src/man/*; do
		run mandoc -T ascii "$name"
		assert_equal "last line of ${name##*/}" "$(tail -n 1 <<<"$output" | tr -s ' ' | cut -d' ' -f1)" svipc
	done
}

@test "manual pages refer to each other" {
	skip_unless mandoc
	local name other
	for name in svwrite.1 svread.1 svstat.1 svclean.1 svipc.7; do
		for other in svwrite.1 svread.1 svstat.1 svclean.1 svipc.3 svipc.7; do
			[ "$name" = "$other" ] || grep -q "^\.Xr ${other%.*} ${other##*.}" "$SV_ROOT/src/man/$name" || fail "$name does not refer to $other"
		done
	done
}

# Print the public header and its parts without comments, one declaration a line.
declarations() {
	cat "$SV_ROOT"/include/svipc.h "$SV_ROOT"/include/svipc/*.h | tr '\n' ' ' |
		sed 's|/\*[^*]*\*\+\([^/*][^*]*\*\+\)*/||g' | tr -s ' \t' ' ' | tr ';' '\n'
}

symbols_of_header() {
	declarations |
		grep -v typedef | grep -oE '\bsv_[a-z_]+\(' | tr -d '(' | sort -u
}

@test "library: header, version script and svipc(3) name the same functions" {
	local mapped
	mapped=$(sed -nE 's/^\t(sv_[a-z_]+);$/\1/p' "$SV_ROOT/src/lib/svipc.map")
	assert_equal 'header' "$(symbols_of_header)" "$(sort <<<"$mapped")"
	assert_equal 'order in the version script' "$mapped" "$(sort <<<"$mapped")"
	assert_equal 'NAME of svipc(3)' "$(sed -nE 's/^\.Nm (sv_[a-z_]+).*/\1/p' "$SV_ROOT/src/man/svipc.3" | sort)" "$mapped"
	assert_equal 'SYNOPSIS of svipc(3)' "$(sed -nE 's/^\.Fn (sv_[a-z_]+) ("|void).*/\1/p' "$SV_ROOT/src/man/svipc.3" | sort)" "$mapped"
	# Each function is described, not only listed.
	assert_equal 'DESCRIPTION of svipc(3)' "$(sed -n '/^\.Sh DESCRIPTION/,$p' "$SV_ROOT/src/man/svipc.3" |
		sed -nE 's/^\.Fn (sv_[a-z_]+).*/\1/p' | sort -u)" "$mapped"
}

@test "library: the shared object shows just the symbols of the version script" {
	skip_unless nm
	skip_if_sanitized
	assert_equal symbols "$(nm -D --defined-only "$SVIPC_BUILD/libsvipc.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)" \
		"$(sed -nE 's/^\t(sv_[a-z_]+);$/\1/p' "$SV_ROOT/src/lib/svipc.map" | sort)"
	# All names of the static library begin with sv_.
	assert_equal 'global symbols of the archive' "$(nm -g --defined-only "$SVIPC_BUILD/libsvipc.a" | awk 'NF == 3 && $3 !~ /^sv_/')" ''
}

@test "library: the prototypes in svipc(3) are those of the header" {
	local header
	header=$(declarations | sed -nE 's/^.*[ *](sv_[a-z_]+)\((.*)\)$/\1(\2)/p' | grep -v '^sv_visit\|^sv_clean_visit' | sort)
	assert_equal prototypes "$(sed -nE 's/^\.Fn (sv_[a-z_]+) (".*|void)/\1(\2)/p' "$SV_ROOT/src/man/svipc.3" |
		sed 's/" "/, /g; s/"//g' | sort)" "$header"
}

@test "library: every code is in svipc(3), and sv_strerror has its own words for each" {
	local codes
	codes=$(sed -nE 's/^\t(SV_E[A-Z]+) = -.*/\1/p' "$SV_ROOT/include/svipc.h" | sort)
	assert_equal 'codes in svipc(3)' "$(sed -nE 's/^\.It Dv (SV_E[A-Z]+)$/\1/p' "$SV_ROOT/src/man/svipc.3" | sort)" "$codes"
	assert_equal 'codes in sv_strerror' "$(sed -nE 's/^\tcase (SV_E[A-Z]+): return .*/\1/p' "$SV_ROOT/src/lib/error.c" | sort)" "$codes"
	cat >words.c <<-'END'
		#include <stdio.h>
		#include <svipc.h>
		int main(void)
		{
			int i;
			for (i = 1; i >= -16; i--)
				puts(sv_strerror(i));
			return 0;
		}
	END
	skip_if_sanitized
	run_logged "${CC:-cc}" "-I$SV_ROOT/include" -o words words.c "$SVIPC_BUILD/libsvipc.a"
	assert_status 0
	run_logged ./words
	# The two codes that are unknown have the same words.
	assert_equal 'different words' "$(sort -u <<<"$output" | wc -l)" "$((18 - 1))"
}

# Print the table of exit statuses as lines of "status meaning".
exit_table() {
	sed -nE '/^## Exit status/,/^## L/s/^\| ([0-9+n]+) \| (.*) \|$/\1 \2/p' "$SV_ROOT/README.md" | tr -d '`'
}

@test "exit statuses: README, svipc(7), the pages of both programs, --help and messages.h agree" {
	local in_header in_page program
	in_header=$(sed -nE 's/^\tCLI_[A-Z]+ = ([0-9]+).*/\1/p' "$SV_ROOT/src/programs/common/messages.h")
	assert_equal 'README and messages.h' "$(exit_table | cut -d' ' -f1)" "$in_header"$'\n128+n'
	in_page=$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/p' "$SV_ROOT/src/man/svipc.7" | awk '
		/^\.It / { if (line != "") print line; line = $2; next }
		/^\.(Sh|Pp|Bl|El|Of|Xr)/ { next }
		/^Of|^and/ { next }
		/^\.Pq / { $1 = ""; sub(/^ /, ""); line = line " (" $0 ")"; next }
		/^\.Ar / { line = line " " $2; next }
		line != "" { line = line " " $0 }
		END { print line }')
	assert_equal 'svipc(7) and README' "$(tr -d '();' <<<"$in_page" | tr -s ' ' | sed 's/Fl -timeout/-t/')" \
		"$(exit_table | tr -d '();' | sed 's/`//g')"
	for program in svwrite svread; do
		assert_equal "$program.1" "$(sed -n '/^\.Sh EXIT STATUS/,/^\.El/s/^\.It //p' "$SV_ROOT/src/man/$program.1")" \
			"$(exit_table | cut -d' ' -f1)"
		assert_equal "$program --help" "$("$program" --help | sed -n '/^Exit status/,$p' | grep -oE '(^|[ ,:])([0-9]|128\+n) ' | tr -d ' ,:')" \
			"$(exit_table | cut -d' ' -f1)"
	done
}

@test "troubleshooting: the messages that svipc(7) explains are those of the programs" {
	local message part
	perl -0777 -pe 's/"\s*\n\s*"//g; s/" OF_ANOTHER_USER/it belongs to another user/g' "$SV_ROOT"/src/*/*.c "$SV_ROOT"/src/*/*/*.c >sources
	sed -nE '/^\.Sh DIAGNOSTICS/,/^\.Sh SEE/s/^\.It "(.*)"$/\1/p' "$SV_ROOT/src/man/svipc.7" >messages
	[ "$(wc -l <messages)" -ge 15 ]
	while read -r message; do
		# Compare the parts between what differs each time: numbers, names, roles, reasons.
		while read -r part; do
			[ ${#part} -lt 6 ] || grep -qF -- "$part" sources || fail "no program says '$part' ($message)"
		done < <(sed -E "s/\b(N|U|NAME|namespace|pid)\b|\.\.\.|No space left on device|Invalid argument|Permission denied/\n/g; s/\b(reader|writer)\b/\n/g; s/['()\[:;]/\n/g" <<<"$message" |
			sed -E 's/^ +//; s/ +$//')
	done <messages
}
