#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Every command in README.md and in the manual pages works, and the programs print what README.md shows.

load ../lib/common
load ../lib/repository

# blocks FILE: extract the fenced blocks of a markdown file, each to files blocks/NNN.text, .language, .mark (the comment
# before it) and .line.
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

# Mask what differs from run to run: keys, ids, ages, namespaces, and the shell's messages about processes that were killed.
masked() {
	sed -E -e '/^(bash: |.*: )?line [0-9]+: .*(Killed|File size limit|Terminated)/d' -e '/^Terminated|^Killed/d' \
		-e 's/0x[0-9a-f]{8}/KEY/g; s/pid [0-9]+/pid N/g; s/(segment|set) [0-9]+/\1 N/g; s/\b[0-9]+ ?s old/N old/g; s/ipc:\[[0-9]+\], file [^)]*/ipc:[N], file FILE/; s/on at byte [0-9]+;/on at byte N;/; s/SVIPC_DIR=[^ ]* //g' \
		-e 's/^(note +KEY +detached +)[0-9]+([ /].* )[0-9]+s$/\1PID\2AGE/; s/ +/ /g; s/ $//'
}

run_block() {
	spawn "$1" timeout -k 5 60 bash -u "$2"
}

# The same at a terminal, where programs print more.
run_at_terminal() {
	spawn "$1" timeout -k 5 60 script -qec "bash -u '$2'" /dev/null
}

# The order of lines on standard output and standard error is not fixed, so sort the lines.
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
		# A block that is followed by no output printed nothing.
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
			ends_well alone
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
			ends_well greet
			;;
		*) fail "README.md:$line: a block of language '$language', marked '$mark'" ;;
		esac
		# Wait for the ends of both terminals.
		if [ "${waiting[*]}" = 'A B' ]; then
			ends_well A
			ends_well B
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

@test "README: few examples are not run, and each says why" {
	blocks "$SV_ROOT/README.md"
	[ "$(cat blocks/*.mark | grep -c '^not run: .')" -le 2 ]
	[ "$(cat blocks/*.mark | grep -c '^picture')" -le 1 ]
}

# examples PAGE DIRECTORY: extract the shell examples of a manual page, displays and lines of .Dl, to files NNN without a
# prompt.
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
			# The examples need this file.
			(cd "$program.work" && rm -rf -- * && random_file data.img 300000)
			expected=0
			if [ "$program" = svstat ] || [ "$program" = svclean ]; then
				svwrite -d -c backup "$program.work/data.img"
			fi
			# This example runs until somebody ends it.
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
	ends_well writer
	assert_same_file sent copy
}

@test "README: test/bench/readme makes the performance section from the stored results" {
	[ -e "$SV_ROOT/test/bench/results.tsv" ] || skip 'no results are stored'
	cp "$SV_ROOT/README.md" README.md
	"$SV_ROOT/test/bench/readme" "$SV_ROOT/test/bench/results.tsv" README.md
	cmp "$SV_ROOT/README.md" README.md
}

@test "README: it has at most 260 lines, and the first 50 say how to try and to install the programs" {
	[ "$(wc -l <"$SV_ROOT/README.md")" -le 260 ] || fail "README.md has $(wc -l <"$SV_ROOT/README.md") lines"
	run_logged head -n 50 "$SV_ROOT/README.md"
	[ -x "$SV_ROOT/scripts/demo" ]
	[ -x "$SV_ROOT/scripts/check" ]
	assert_output_has $'\nscripts/demo '
	assert_output_has $'\nscripts/check '
	assert_output_has 'make install'
}

@test "README: the last section is the whole licence" {
	run_logged sed '1,/^## Licence$/d' "$SV_ROOT/README.md"
	assert_output_has 'MIT License'
	assert_output_matches 'Copyright \(c\) [0-9]{4} the svipc authors'
	assert_output_has 'The above copyright notice and this permission notice shall be included'
	assert_output_has 'THE SOFTWARE IS PROVIDED "AS IS"'
	assert_output_lacks '##'
}

@test "links in README.md, CONTRIBUTING.md and the README.md of each folder lead to files" {
	local page link
	for page in "$SV_ROOT"/{README.md,.github/CONTRIBUTING.md,src/README.md,test/README.md,test/*/README.md}; do
		while read -r link; do
			[ -e "${page%/*}/${link%%#*}" ] || fail "${page#"$SV_ROOT/"} links to $link"
		done < <(grep -oE '\]\([^)]+\)' "$page" | sed 's/^](//; s/)$//' | grep -v '^https\?:')
	done
}
