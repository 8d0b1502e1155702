#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# --help, the options that the programs take, the manual pages and the completions agree.

load ../lib/common
load ../lib/repository

# options_of_help PROGRAM: its long options by --help, one a line, with = for an argument and [=] for an optional one.
options_of_help() {
	"$1" --help | sed -nE 's/^  (-.,|   ) --([a-z-]+)(\[?=?)[A-Z]*(\]?).*/\2\3\4/p' | sort
}

# The letters of its short options.
short_of_help() {
	"$1" --help | sed -nE 's/^  -(.), --.*/\1/p' | sort
}

# The names of its long options.
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

# accepts PROGRAM OPTION...: set `said` to its status and the first line that it prints.
accepts() {
	local code=0
	said=$("$@" 2>&1 </dev/null) || code=$?
	said="$code ${said%%$'\n'*}"
}

# expect PROGRAM OPTION... -- PATTERN: `said` must match PATTERN.
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
		*=) expect "$program" "--${option%=}" -- "2 $program: @(option '--${option%=}' requires an argument|option requires an argument: ${option%=})" ;;
		*)
			expect "$program" "--$option=x" -- "2 $program: @(option '--$option' doesn't allow an argument|option does not take an argument: $option)"
			expect "$program" "--$option" --help -- '0 Usage: *'
			;;
		esac
	done
}

# short_options PROGRAM LETTERS: it accepts these letters and no others.
short_options() {
	local letter
	for letter in {a..z} {A..Z} {0..9}; do
		if [[ $2 == *$letter* ]]; then
			# 1 is the argument if the option takes one; --help ends the program.
			accepts "$1" "-$letter" 1 --help
			[[ $said != *@(invalid|unrecognized)' option'* ]] || exit
		else
			expect "$1" "-$letter" --help -- "2 $1: @(invalid option -- '$letter'|unrecognized option: $letter)"
		fi
	done
}

# plain FUNCTION ARG...: run one of these functions in a plain shell, because bats traces each command and is slow.
plain() {
	run_logged bash -c "$(declare -f accepts expect long_options short_options); \"\$@\"" plain "$@"
}

@test "programs: every option in --help is accepted, and takes an argument if and only if --help says so" {
	local program options
	for program in $(programs); do
		mapfile -t options < <(options_of_help "$program")
		plain long_options "$program" "${options[@]}"
		assert_status 0
	done
}

@test "programs: the options that are accepted are those that --help shows" {
	local program
	for program in $(programs); do
		plain short_options "$program" "$(short_of_help "$program" | tr -d '\n')"
		assert_status 0
		assert_equal "long options of $program in its source" "$(long_in_source "$program")" "$(long_of_help "$program")"
	done
}

# The long options in the sources: from the program's table, and from options.h if the program uses that.
long_in_source() {
	{
		cat "$SV_ROOT/src/programs/$1.c"
		! grep -q CLI_TRANSFER_LONG "$SV_ROOT/src/programs/$1.c" || cat "$SV_ROOT/src/programs/transfer/options.h"
	} | grep -oE '\{ "[a-z-]+", (no|required|optional)_argument' | cut -d'"' -f2 | sort
}

@test "--help: fits a terminal of 24 lines and 80 columns; exits 0; -h is the same; a full device is an error" {
	local program option
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
		for option in --help --version; do
			run_logged bash -c "exec $program $option >/dev/full"
			assert_status 1
			assert_output_has 'cannot write standard output: No space left on device'
		done
	done
}

# complete_words WORD...: print what bash offers for the last word.
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
	# svread is a function that prints its arguments.
	cat >rc <<-END
		. '$SVIPC_BUILD/completions/bash/svread'
		svread() { printf '%s,' got "\$@" >'$WORK/got'; exit; }
	END
	printf 'svread --channel=meas\t -v\n' | timeout 30 script -qec "env -i TERM=dumb SVIPC_DIR=$SVIPC_DIR PATH=$PATH bash --noprofile --rcfile rc -i" \
		/dev/null >log 2>&1 || :
	cat log
	assert_equal 'command line' "$(cat got)" got,--channel=measurements,-v,
}

@test "completions: zsh can read them" {
	skip_unless zsh
	local file
	for file in "$SVIPC_BUILD"/completions/zsh/_*; do
		run_logged zsh -n "$file"
		assert_status 0
		assert_output ''
		[[ $(head -n 1 "$file") == "#compdef ${file##*/_}" ]]
	done
}

@test "completions: fish can read them and offers channel names and values" {
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

@test "completions: shellcheck finds nothing" {
	skip_unless shellcheck
	run_logged shellcheck "$SVIPC_BUILD"/completions/bash/*
	assert_status 0
}
