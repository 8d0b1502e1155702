#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# What is written down is true: options in --help, in the manual pages, in the completions and in the programs are the
# same; every example in README and in the manual pages runs; codes, symbols and statuses are documented; every folder is in the map.

load ../lib/common

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

# Long options of a program from --help, one a line: "long", with = for an argument, [=] for an optional one.
options_of_help() {
	"$1" --help | sed -nE 's/^  (-.,|   ) --([a-z-]+)(\[?=?)[A-Z]*(\]?).*/\2\3\4/p' | sort
}

# And the short ones.
short_of_help() {
	"$1" --help | sed -nE 's/^  -(.), --.*/\1/p' | sort
}

# Long options without what tells of arguments.
long_of_help() {
	options_of_help "$1" | sed 's/[=[].*//' | sort
}

# The option names in the list of options of a manual page: "-x" and "--long" of each .It Fl.
options_of_page() {
	sed -nE '/^\.Sh DESCRIPTION/,/^\.Sh (ENVIRONMENT|FILES|EXIT)/s/^\.It Fl (.*)/\1/p' "$SV_ROOT/src/man/$1" |
		sed -E 's/ , Fl /\n/g; s/Fl -/Fl Fl /g' | sed -nE 's/^(Fl |-)([a-z0-9-]+).*/--\2/p; t; s/^([^-F ])( .*)?$/-\1/p' | sort -u
}

@test "manual page: the options are those of --help" {
	local program
	for program in $(programs); do
		assert_equal "options in $program.1" "$(options_of_page "$program.1")" \
			"$({ short_of_help "$program" | sed 's/^/-/'; long_of_help "$program" | sed 's/^/--/'; } | sort -u)"
	done
}

# accepts PROGRAM OPTION...: sets said to its status and what it says first.
accepts() {
	local code=0
	said=$("$@" 2>&1 </dev/null) || code=$?
	said="$code ${said%%$'\n'*}"
}

# expect PROGRAM OPTION... -- PATTERN
expect() {
	local command=()
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	accepts "${command[@]}"
	# shellcheck disable=SC2053 # a pattern
	[[ $said == $2 ]] || {
		echo "${command[*]}: $said; expected $2"
		exit 1
	}
}

long_options() {
	local program=$1 option
	shift
	for option; do
		case $option in
		help | version) ;;
		*'[=]') expect "$program" "--${option%\[=\]}" --help -- '0 Usage: *' ;;
		*=) expect "$program" "--${option%=}" -- "2 $program: option '--${option%=}' requires an argument" ;;
		*)
			expect "$program" "--$option=x" -- "2 $program: option '--$option' doesn't allow an argument"
			expect "$program" "--$option" --help -- '0 Usage: *'
			;;
		esac
	done
}

# short_options PROGRAM LETTERS: those, and no others.
short_options() {
	local letter
	for letter in {a..z} {A..Z} {0..9}; do
		if [[ $2 == *$letter* ]]; then
			# An argument, if there is to be one; then it ends.
			accepts "$1" "-$letter" 1 --help
			[[ $said != *'invalid option'* ]] || exit
		else
			expect "$1" "-$letter" --help -- "2 $1: invalid option -- '$letter'"
		fi
	done
}

# plain COMMAND...: these functions in a shell of their own; bats, which follows each command, is slow.
plain() {
	run_logged bash -c "$(declare -f accepts expect long_options short_options); \"\$@\"" plain "$@"
}

@test "programs: every option in --help is accepted, with an argument just where it says so" {
	local program options
	for program in $(programs); do
		mapfile -t options < <(options_of_help "$program")
		plain long_options "$program" "${options[@]}"
		assert_status 0
	done
}

@test "programs: no option is accepted that --help does not show, and every one that it shows" {
	local program
	for program in $(programs); do
		plain short_options "$program" "$(short_of_help "$program" | tr -d '\n')"
		assert_status 0
		assert_equal "long options of $program in its source" "$(long_in_source "$program")" "$(long_of_help "$program")"
	done
}

# From the sources: the table in the program, and what it takes from options.h.
long_in_source() {
	{
		cat "$SV_ROOT/src/programs/$1.c"
		! grep -q CLI_TRANSFER_LONG "$SV_ROOT/src/programs/$1.c" || cat "$SV_ROOT/src/programs/transfer/options.h"
	} | grep -oE '\{ "[a-z-]+", (no|required|optional)_argument' | cut -d'"' -f2 | sort
}

@test "--help: fits a terminal of 24 lines and 80 columns; exits 0; -h is the same" {
	local program
	for program in $(programs); do
		run_logged --separate-stderr "$program" --help
		assert_status 0
		assert_equal 'standard error' "$stderr" ''
		assert_equal "longest line of $program --help" "$(awk 'length > 80' <<<"$output")" ''
		[ "$(wc -l <<<"$output")" -le 24 ] || fail "$program --help has $(wc -l <<<"$output") lines"
		assert_equal "$program -h" "$("$program" -h)" "$output"
		run_logged "$program" --version
		assert_output "$program $(sed -n 's/^#define SV_VERSION "\(.*\)"/\1/p' "$SV_ROOT/include/svipc.h")"
		assert_equal "$program -V" "$("$program" -V)" "$output"
	done
}

# complete_words WORD...: what bash offers for the last word.
complete_words() {
	# shellcheck disable=SC2016 # for another shell
	bash --norc --noprofile -c '
		. "$0/$1"
		COMP_WORDS=("$@")
		COMP_CWORD=$(($# - 1))
		[[ $(complete -p "$1") == "complete -F _$1 $1" ]] || exit
		"_$1"
		printf "%s\n" "${COMPREPLY[@]}"' "$SVIPC_BUILD/completions/bash" "$@"
}

@test "completions: bash offers channel names, values, columns and options" {
	local program
	touch "$RV/alpha" "$RV/alto" "$RV/beta" "$RV/.at.53000001" afile
	assert_equal '-c' "$(complete_words svread -c al)" $'alpha\nalto'
	assert_equal '--channel' "$(complete_words svwrite --channel '')" $'alpha\nalto\nbeta'
	assert_equal '--channel=' "$(complete_words svclean --channel =)" $'alpha\nalto\nbeta'
	assert_equal '--channel=b' "$(complete_words svclean --channel = b)" beta
	assert_equal '--channel=b, not split' "$(complete_words svclean --channel=b)" --channel=beta
	assert_equal '-vc' "$(complete_words svread -vc b)" beta
	assert_equal operand "$(complete_words svstat be)" beta
	assert_equal 'file operand' "$(complete_words svwrite af)" afile
	assert_equal '-k' "$(complete_words svread -k af)" afile
	assert_equal '-o' "$(complete_words svread -o af)" afile
	assert_equal '--wait' "$(complete_words svread --wait = s)" $'spin\nsleep'
	assert_equal '--progress' "$(complete_words svread --progress = '')" $'auto\nforce\njson'
	assert_equal '-o of svstat' "$(complete_words svstat -o name,wri)" $'name,writer\nname,written'
	assert_equal 'after --' "$(complete_words svwrite -- --res)" ''
	assert_equal 'no operand' "$(complete_words svread '')" ''
	for program in $(programs); do
		assert_equal "options of $program" "$(complete_words "$program" -- | sed 's/=$//' | sort)" \
			"$(long_of_help "$program" | sed 's/^/--/')"
	done
}

@test "completions: a Tab in an interactive bash completes a channel" {
	skip_unless script
	touch "$RV/measurements"
	# The command only says what it was called with.
	cat >rc <<-END
		. '$SVIPC_BUILD/completions/bash/svread'
		svread() { printf '%s,' got "\$@" >'$WORK/got'; exit; }
	END
	printf 'svread --channel=meas\t -v\n' | timeout 30 script -qec "env -i TERM=dumb SVIPC_DIR=$SVIPC_DIR PATH=$PATH bash --noprofile --rcfile rc -i" \
		/dev/null >log 2>&1 || :
	cat log
	assert_equal 'command line' "$(cat got)" got,--channel=measurements,-v,
}

@test "completions: zsh reads them" {
	skip_unless zsh
	local file
	for file in "$SVIPC_BUILD"/completions/zsh/_*; do
		run_logged zsh -n "$file"
		assert_status 0
		assert_output ''
		[[ $(head -n 1 "$file") == "#compdef ${file##*/_}" ]]
	done
}

@test "completions: fish reads them and offers channel names and values" {
	skip_unless fish
	local file
	touch "$RV/alpha" "$RV/beta"
	export HOME=$WORK XDG_CONFIG_HOME=$WORK XDG_DATA_HOME=$WORK
	for file in "$SVIPC_BUILD"/completions/fish/*.fish; do
		run_logged fish -n "$file"
		assert_status 0
		assert_output ''
	done
	run_logged fish -c "source $SVIPC_BUILD/completions/fish/svread.fish; complete -C 'svread -c al'; complete -C 'svread --wait=sp'"
	assert_equal offered "$(cut -f1 <<<"$output")" $'alpha\n--wait=spin'
}

@test "completions: an emulator runs programs that are built for another machine" {
	local program=$SVIPC_BUILD/svread
	printf '#!/bin/sh\necho "$@" >>log\nexec "$@"\n' >emulator
	chmod +x emulator
	run_logged env EMULATOR=./emulator "$SV_ROOT/scripts/completions" bash "$program"
	assert_status 0
	assert_equal 'what it makes' "$output" "$(cat "$SVIPC_BUILD/completions/bash/svread")"
	assert_equal 'what was run' "$(cat log)" "$program --help"
}

@test "completions: shellcheck has nothing to say" {
	skip_unless shellcheck
	run_logged shellcheck "$SVIPC_BUILD"/completions/bash/*
	assert_status 0
}

@test "manual pages: mandoc -T lint finds nothing" {
	skip_unless mandoc
	local name
	for name in "$SV_ROOT"/src/man/*.[137]; do
		run mandoc -T lint -W base "$name"
		# It complains of references to pages that are not installed here, and of any name after .Os.
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

# The public header and its parts without comments, a declaration a line.
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
	# Also told about, not only listed.
	assert_equal 'DESCRIPTION of svipc(3)' "$(sed -n '/^\.Sh DESCRIPTION/,$p' "$SV_ROOT/src/man/svipc.3" |
		sed -nE 's/^\.Fn (sv_[a-z_]+).*/\1/p' | sort -u)" "$mapped"
}

@test "library: the shared object shows just the symbols of the version script" {
	skip_unless nm
	skip_if_sanitized
	assert_equal symbols "$(nm -D --defined-only "$SVIPC_BUILD/libsvipc.so" | awk '$2 != "A" { sub(/@.*/, "", $3); print $3 }' | sort)" \
		"$(sed -nE 's/^\t(sv_[a-z_]+);$/\1/p' "$SV_ROOT/src/lib/svipc.map" | sort)"
	# The static one shows no name that is not sv_.
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
	# Those above and below the known ones share theirs.
	assert_equal 'different words' "$(sort -u <<<"$output" | wc -l)" "$((18 - 1))"
}

# The table of exit statuses, "status meaning" a line.
exit_table() {
	sed -nE '/^## Exit status/,/^## L/s/^\| ([0-9+n]+) \| (.*) \|$/\1 \2/p' "$SV_ROOT/README.md" | tr -d '`'
}

@test "exit statuses: README, svipc(7), the pages of both programs, --help and cli.h agree" {
	local in_header in_page program
	in_header=$(sed -nE 's/^\tCLI_[A-Z]+ = ([0-9]+).*/\1/p' "$SV_ROOT/src/programs/common/messages.h")
	assert_equal 'README and cli.h' "$(exit_table | cut -d' ' -f1)" "$in_header"$'\n128+n'
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
		# Between what differs each time: numbers, names, roles, reasons.
		while read -r part; do
			[ ${#part} -lt 6 ] || grep -qF -- "$part" sources || fail "no program says '$part' ($message)"
		done < <(sed -E "s/\b(N|U|NAME|namespace|pid)\b|\.\.\.|No space left on device|Invalid argument|Permission denied/\n/g; s/\b(reader|writer)\b/\n/g; s/['()\[:;]/\n/g" <<<"$message" |
			sed -E 's/^ +//; s/ +$//')
	done <messages
}

# --- examples --------------------------------------------------------------------------------------------------------

# blocks FILE: the fenced blocks of a markdown file, each as files blocks/NNN.text, .language, .mark (the comment before) and .line.
blocks() {
	mkdir blocks
	awk -v dir="$WORK/blocks" '
		/^```/ && !inside { inside = 1; n++; d = sprintf("%s/%03d", dir, n)
			print substr($0, 4) >(d ".language"); print mark >(d ".mark"); print NR >(d ".line"); printf "" >(d ".text"); next }
		/^```/ { inside = 0; mark = ""; next }
		inside { print >(d ".text"); next }
		/^<!-- .* -->$/ { mark = $0; gsub(/^<!-- | -->$/, "", mark); next }
		/[^ ]/ { mark = "" }' "$1"
}

# What differs from run to run: keys, ids, ages; namespaces; and what the shell says of processes that were killed.
masked() {
	sed -E -e '/^(bash: |.*: )?line [0-9]+: .*(Killed|File size limit|Terminated)/d' -e '/^Terminated|^Killed/d' \
		-e 's/0x[0-9a-f]{8}/KEY/g; s/pid [0-9]+/pid N/g; s/(segment|set) [0-9]+/\1 N/g; s/\b[0-9]+ ?s old/N old/g; s/ipc:\[[0-9]+\], file [^)]*/ipc:[N], file FILE/; s/on at byte [0-9]+;/on at byte N;/; s/SVIPC_DIR=[^ ]* //g' \
		-e 's/^(note +KEY +detached +)[0-9]+([ /].* )[0-9]+s$/\1PID\2AGE/; s/ +/ /g; s/ $//'
}

run_block() {
	spawn "$1" timeout -k 5 60 bash -u "$2"
}

# The same at a terminal, where programs say more.
run_at_terminal() {
	spawn "$1" timeout -k 5 60 script -qec "bash -u '$2'" /dev/null
}

# Two outputs are not in order with each other, so lines are compared sorted.
compare() {
	local name=$1 expected=$2
	assert_equal "what block $name prints (sorted)" "$(cat "$WORK/$name.out" "$WORK/$name.err" | tr -d '\r' | masked | sort)" "$(masked <"$expected" | sort)"
}

@test "README: every example runs and prints what it says" {
	skip_unless script
	local language mark line text previous='' compare_later='' ran=0 waiting=()
	blocks "$SV_ROOT/README.md"
	mkdir scratch
	cd scratch
	for text in "$WORK"/blocks/*.text; do
		read -r language <"${text%text}language" || :
		read -r mark <"${text%text}mark" || :
		read -r line <"${text%text}line"
		echo "# README.md:$line: $language $mark"
		# What is not shown was not printed.
		if [ "$language" = sh ] && [ -n "$previous" ]; then
			compare "$previous" /dev/null
			previous=
		fi
		case $language:$mark in
		sh:not\ run*) previous= ;;
		sh:terminal\ A)
			run_at_terminal A "$text"
			waiting+=(A) previous=A ran=$((ran + 1))
			;;
		sh:terminal\ B)
			# The screen of A shows whether it had to wait.
			! grep -q waiting "$WORK/expected.A" || wait_until 'grep -q waiting "$WORK/A.out"'
			run_at_terminal B "$text"
			waiting+=(B) previous=B ran=$((ran + 1))
			;;
		sh:)
			run_block alone "$text"
			reap alone
			assert_status 0
			previous=alone ran=$((ran + 1))
			;;
		text:picture) continue ;;
		text:)
			# A's output may be shown before B has run.
			case $previous in
			A) cp "$text" "$WORK/expected.A" && previous= ;;
			'') ;;
			*) compare_later=$previous:$text ;;
			esac
			;;
		c:compiled)
			skip_if_sanitized
			cp "$text" greet.c
			printf 'int main(void) { return greet() == SV_OK ? 0 : 1; }\n' >>greet.c
			run_logged "${CC:-cc}" -Wall -Wextra -Werror "-I$SV_ROOT/include" -o greet greet.c "$SVIPC_BUILD/libsvipc.a"
			assert_status 0
			spawn greet ./greet
			run_logged svread
			assert_output 'Hello, Process B!'
			reap greet
			assert_status 0
			;;
		*) fail "README.md:$line: a block of language '$language', marked '$mark'" ;;
		esac
		# Both terminals: to their ends.
		if [ "${waiting[*]}" = 'A B' ]; then
			reap A
			assert_status 0
			reap B
			assert_status 0
			waiting=()
			if [ -e "$WORK/expected.A" ]; then
				compare A "$WORK/expected.A"
				rm "$WORK/expected.A"
			fi
		fi
		if [ -n "${compare_later-}" ]; then
			compare "${compare_later%%:*}" "${compare_later#*:}"
			compare_later=
			previous=
		fi
	done
	[ -z "$previous" ] || compare "$previous" /dev/null
	[ "$ran" -ge 8 ]
	assert_no_leak
}

@test "README: what is not run says why, and is little" {
	blocks "$SV_ROOT/README.md"
	[ "$(cat blocks/*.mark | grep -c '^not run: .')" -le 2 ]
	[ "$(cat blocks/*.mark | grep -c '^picture')" -le 1 ]
}

# examples PAGE: the shell examples of a manual page as files NNN in a directory: displays, and lines of .Dl; without a prompt.
examples() {
	awk -v dir="$2" '
		/^\.Sh/ { examples = /EXAMPLES/; next }
		!examples { next }
		/^\.Bd / { inside = 1; file = sprintf("%s/%03d", dir, ++n); next }
		/^\.Ed/ { inside = 0; next }
		/^\.Dl / { sub(/^\.Dl /, ""); file = sprintf("%s/%03d", dir, ++n); print >file; next }
		inside { print >file }' "$SV_ROOT/src/man/$1"
	sed -i -e 's/^\$ //' -e 's/\\(dq/"/g' -e 's/\\&//g' -e 's/\\e/\\/g' -e 's/\\-/-/g' "$2"/*
}

@test "manual pages: every example runs" {
	skip_unless jq
	local program page example expected
	for program in $(programs) svipc; do
		mkdir "$program" "$program.work"
		page=("$SV_ROOT/src/man/$program".[17])
		examples "${page##*/}" "$program"
		[ -n "$(ls "$program")" ] || fail "${page##*/} has no example"
		for example in "$program"/*; do
			echo "# ${page##*/}"
			cat "$example"
			# What the examples take for granted.
			(cd "$program.work" && rm -rf -- * && random_file data.img 300000)
			expected=0
			if [ "$program" = svstat ] || [ "$program" = svclean ]; then
				svwrite -d -c backup "$program.work/data.img"
			fi
			# One that goes on until it is ended.
			if grep -qE 'svstat( .*)? (-w|--watch)' "$example" && ! grep -q -- --count "$example"; then
				spawn example env -C "$program.work" timeout -k 5 -s INT 2 bash -u -o pipefail "$WORK/$example"
				expected=124
			else
				spawn example env -C "$program.work" timeout -k 5 60 bash -e -u -o pipefail "$WORK/$example"
			fi
			reap example
			assert_status $expected 130
			svclean -aq
		done
	done
	assert_nothing_left
}

@test "manual pages: the C example of svipc(3) compiles and works" {
	skip_if_sanitized
	mkdir c
	examples svipc.3 "$WORK/c"
	{
		printf '#include <err.h>\n#include <unistd.h>\n#include <svipc.h>\nint main(void)\n{\n'
		cat c/001
		printf 'return 0;\n}\n'
	} >example.c
	run_logged "${CC:-cc}" -Wall -Wextra -Werror "-I$SV_ROOT/include" -o example example.c "$SVIPC_BUILD/libsvipc.a"
	assert_status 0
	random_file sent 300000
	spawn writer ./example <sent
	run_logged svread -o copy
	assert_status 0
	reap writer
	assert_status 0
	assert_same_file sent copy
}

@test "examples for programs work with each other" {
	local dir=$SVIPC_BUILD/test/examples
	[ -x "$dir/bytes" ] && [ -x "$dir/messages" ] || skip 'make tests builds them'
	random_file sent 3000000
	spawn reader "$dir/bytes" r stream
	run_logged "$dir/bytes" w stream <sent
	assert_status 0
	reap reader
	assert_status 0
	assert_same_file sent reader.out
	spawn reader "$dir/messages" r samples
	run_logged "$dir/messages" w samples 1000
	assert_status 0
	reap reader
	assert_output '1000 samples, sum 250250.0'
	# And with the programs.
	spawn reader svread -c stream -o copy
	run_logged "$dir/bytes" w stream <sent
	assert_status 0
	reap reader
	assert_same_file sent copy
	assert_nothing_left
}

# --- the repository --------------------------------------------------------------------------------------------------

# The folders that the tables of src/README.md and test/README.md name, by their paths in the repository.
mapped_folders() {
	sed -nE 's/^\| `([a-z/]+)` \|.*/src\/\1/p' "$SV_ROOT/src/README.md" | sed 's|^src/include|include|'
	sed -nE 's/^\| `([a-z/]+)` \|.*/test\/\1/p' "$SV_ROOT/test/README.md"
}

@test "src/README.md and test/README.md say of every folder what it is for, and name no other" {
	assert_equal folders "$(files | grep -E '^(src|test|include)/' | sed 's|/[^/]*$||' | sort -u | grep -vxE 'src|test')" \
		"$(mapped_folders | sort)"
}

@test "README: the performance section is what test/bench/readme makes of the stored results" {
	[ -e "$SV_ROOT/test/bench/results.tsv" ] || skip 'no results are stored'
	cp "$SV_ROOT/README.md" README.md
	"$SV_ROOT/test/bench/readme" "$SV_ROOT/test/bench/results.tsv" README.md
	cmp "$SV_ROOT/README.md" README.md
}

@test "README: at most 260 lines, and the first 50 say how to try and to install it" {
	[ "$(wc -l <"$SV_ROOT/README.md")" -le 260 ] || fail "README.md has $(wc -l <"$SV_ROOT/README.md") lines"
	run_logged head -n 50 "$SV_ROOT/README.md"
	assert_output_has $'\nscripts/demo '
	assert_output_has $'\nscripts/check '
	assert_output_has 'make install'
}

@test "links in README.md, CONTRIBUTING.md and the README.md of each folder lead to files" {
	local page link
	for page in "$SV_ROOT"/{README.md,.github/CONTRIBUTING.md,src/README.md,test/README.md,test/*/README.md}; do
		while read -r link; do
			[ -e "${page%/*}/${link%%#*}" ] || fail "${page#"$SV_ROOT/"} links to $link"
		done < <(grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//' | grep -v '^https\?:')
	done
}

@test "README: the last section is the whole licence" {
	run_logged sed '1,/^## Licence$/d' "$SV_ROOT/README.md"
	assert_output_has 'MIT License'
	assert_output_matches 'Copyright \(c\) [0-9]{4} the svipc authors'
	assert_output_has 'The above copyright notice and this permission notice shall be included'
	assert_output_has 'THE SOFTWARE IS PROVIDED "AS IS"'
	assert_output_lacks '##'
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

@test "the top level holds what it should and nothing else" {
	local name
	for name in "$SV_ROOT"/*; do
		case ${name##*/} in
		GNUmakefile | src | include | test | scripts | README.md | build*) ;;
		*) fail "$name at the top level" ;;
		esac
	done
}

@test "scripts/demo and scripts/check are what README says" {
	[ -x "$SV_ROOT/scripts/demo" ]
	[ -x "$SV_ROOT/scripts/check" ]
	grep -q '^scripts/demo ' "$SV_ROOT/README.md"
	grep -q '^scripts/check ' "$SV_ROOT/README.md"
}

@test "no path of one machine is in any file" {
	run_logged grep -rnE -I --exclude-dir=.git --exclude=.git --exclude-dir='build*' --exclude=docs.bats '/(work|root|home)/[a-z]' "$SV_ROOT"
	assert_output ''
}
