#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# make install puts everything where it belongs, programs can be built and run with the installed copy, and make uninstall
# leaves nothing.

load ../lib/common

# All tests share one build and one installation.  The build has a directory of its own, because its flags may differ from
# those of the build under test.
setup_file() {
	export STAGE=$BATS_FILE_TMPDIR/stage PREFIX=/opt/sv
	export PKG_CONFIG_PATH=$STAGE$PREFIX/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$STAGE
	unset PKG_CONFIG_LIBDIR
	[ -n "${SVIPC_SANITIZE-}" ] || make_here "DESTDIR=$STAGE" install
}

setup() {
	skip_if_sanitized
	sv_setup
}

make_here() {
	make -s -C "$SV_ROOT" "BUILD=$BATS_FILE_TMPDIR/build" CFLAGS=-O1 "PREFIX=$PREFIX" "$@" 3>&-
}

installed() {
	(cd "$1" && find . ! -type d -printf '%P\n' | sort)
}

# The files that must be installed, derived from the sources.
expected() {
	local version page program
	version=$(sed -n 's/^#define SV_VERSION "\(.*\)"/\1/p' "$SV_ROOT/include/svipc.h")
	{
		printf '%s\n' include/svipc.h include/svipc/{events,inspect,message}.h share/doc/svipc/LICENSE
		# A page for each function of the library.
		sed -nE 's/^\t(sv_[a-z_]+);$/share\/man\/man3\/\1.3/p' "$SV_ROOT/src/lib/svipc.map"
		printf 'lib/%s\n' libsvipc.a libsvipc.so "libsvipc.so.${version%%.*}" "libsvipc.so.$version" pkgconfig/svipc.pc
		for program in "$SV_ROOT"/src/programs/*.c; do
			program=$(basename "$program" .c)
			printf '%s\n' "bin/$program" "share/man/man1/$program.1" "share/bash-completion/completions/$program" \
				"share/zsh/site-functions/_$program" "share/fish/vendor_completions.d/$program.fish"
		done
		for page in "$SV_ROOT"/src/man/*.[37]; do
			echo "share/man/man${page##*.}/${page##*/}"
		done
	} | sed "s|^|${PREFIX#/}/|" | sort
}

# A program, valid in C and in C++, that sends its argument, or prints what it receives.
program_text() {
	cat <<'END'
#include <stdio.h>
#include <string.h>
#include <svipc.h>

int main(int argc, char **argv)
{
	struct sv_options options = SV_OPTIONS_INIT;
	struct sv_error error = SV_ERROR_INIT;
	sv_channel *ch;
	char text[100];
	size_t length = 0;
	int code;

	if (strcmp(sv_version(), SV_VERSION) != 0)
		return 10;
	options.flags = SV_MESSAGES;
	if (sv_open(&ch, argc > 1 ? SV_WRITER : SV_READER, &options, 30000, &error) != SV_OK) {
		fprintf(stderr, "%s\n", error.text);
		return 11;
	}
	if (argc > 1) {
		code = sv_send(ch, argv[1], strlen(argv[1]), 30000);
	} else {
		code = sv_recv(ch, text, sizeof text, &length, 30000);
		if (code == SV_OK)
			printf("%.*s\n", (int)length, text);
		if (code == SV_OK && sv_recv(ch, text, sizeof text, &length, 30000) != SV_END)
			return 12;
	}
	if (code == SV_OK)
		code = sv_finish(ch, 30000);
	if (code != SV_OK)
		fprintf(stderr, "%s\n", sv_last_error(ch)->text);
	return sv_close(ch) == SV_OK && code == SV_OK ? 0 : 13;
}
END
}

# build_and_run COMPILER SUFFIX [LINK FLAG...]: build that program and run it as both sides.
build_and_run() {
	local compiler=$1 source=program.$2
	shift 2
	program_text >"$source"
	# shellcheck disable=SC2046 # words
	run_logged "$compiler" -Wall -Wextra -Wpedantic -Werror $(pkg-config --cflags svipc) -o program "$source" \
		$([ $# -gt 0 ] || pkg-config --libs svipc) "$@"
	assert_status 0 || return 1
	spawn reader env "LD_LIBRARY_PATH=$STAGE$PREFIX/lib" ./program
	run_logged env "LD_LIBRARY_PATH=$STAGE$PREFIX/lib" ./program 'Hello, Process B!'
	assert_status 0 || return 1
	ends_well reader || return 1
	assert_output 'Hello, Process B!' || return 1
	assert_nothing_left
}

@test "install puts exactly the expected files below DESTDIR and PREFIX" {
	assert_equal files "$(installed "$STAGE")" "$(expected)"
}

@test "installed files have the right modes, and the links of the library lead to it" {
	local file mode
	while read -r file; do
		case $file in
		*/bin/*) mode=755 ;;
		*) mode=644 ;;
		esac
		[ -L "$STAGE/$file" ] || assert_equal "mode of $file" "$(stat -c %a "$STAGE/$file")" $mode
	done < <(installed "$STAGE")
	cd "$STAGE$PREFIX/lib"
	assert_equal target "$(readlink -f libsvipc.so)" "$(readlink -f libsvipc.so.*.*.*)"
	[[ $(readlink libsvipc.so) != /* ]]
}

@test "the installed programs transfer a file" {
	local PATH=$STAGE$PREFIX/bin:$PATH
	assert_equal svread "$(command -v svread)" "$STAGE$PREFIX/bin/svread"
	random_file file 300000
	pass file
}

@test "no installed file names the directory in which it was built or staged" {
	# Only whole paths count: a clone may be at /p, and pages mention /proc.
	run_logged grep -rIlP "(?<![\\w./-])\\Q$SV_ROOT\\E(?![\\w-])|\\Q$BATS_FILE_TMPDIR\\E" "$STAGE"
	assert_output ''
}

@test "the soname is that of the major version" {
	skip_unless readelf
	run_logged readelf -d "$STAGE$PREFIX"/lib/libsvipc.so
	assert_output_matches 'SONAME.*\[libsvipc\.so\.1\]'
}

@test "pkg-config knows version and directories" {
	skip_unless pkg-config
	run_logged pkg-config --modversion svipc
	assert_output "$("$STAGE$PREFIX/bin/svread" --version | cut -d' ' -f2)"
	run_logged env -u PKG_CONFIG_SYSROOT_DIR pkg-config --cflags --libs svipc
	assert_output_has "-I$PREFIX/include"
	assert_output_has "-L$PREFIX/lib -lsvipc"
}

@test "a C program builds and runs with gcc, with the shared and the static library, also as strict C11" {
	skip_unless gcc pkg-config
	build_and_run gcc c
	run_logged ldd program
	assert_output_has libsvipc.so.1
	build_and_run gcc c "$STAGE$PREFIX/lib/libsvipc.a"
	run_logged ldd program
	assert_output_lacks libsvipc
	build_and_run gcc c "$STAGE$PREFIX/lib/libsvipc.a" -std=c11 -pedantic-errors
}

@test "a C++ program builds and runs with g++, with the shared and the static library" {
	skip_unless g++ pkg-config
	build_and_run g++ cc
	build_and_run g++ cc "$STAGE$PREFIX/lib/libsvipc.a"
}

@test "C and C++ programs build and run with clang" {
	skip_unless clang clang++ pkg-config
	build_and_run clang c
	[ -n "$(echo '#include <cstdio>' | clang++ -x c++ -E - 2>/dev/null)" ] || skip 'C does; C++ needs the headers of its library'
	build_and_run clang++ cc
}

@test "the examples build and run with the installed copy" {
	skip_unless gcc pkg-config
	local example
	for example in "$SV_ROOT"/test/examples/*.c; do
		# shellcheck disable=SC2046 # words
		run_logged gcc -Wall -Wextra -Werror $(pkg-config --cflags svipc) -o "$(basename "$example" .c)" "$example" \
			$(pkg-config --libs svipc)
		assert_status 0
	done
	export LD_LIBRARY_PATH=$STAGE$PREFIX/lib
	spawn reader ./messages r samples
	run_logged ./messages w samples 1000
	assert_status 0
	ends_well reader
	assert_output '1000 samples, sum 250250.0'
	assert_nothing_left
}

@test "the whole licence is installed" {
	run_logged cat "$STAGE$PREFIX/share/doc/svipc/LICENSE"
	assert_output_matches '^MIT License'
	assert_output_has 'the svipc authors'
	assert_output_has 'OTHER DEALINGS IN THE SOFTWARE.'
}

@test "make help names every directory that can be chosen" {
	local name
	run_logged make -s -C "$SV_ROOT" PREFIX=/opt/there help
	assert_status 0
	while read -r name; do
		assert_output_matches "$name +/opt/there"
	done < <(grep -oE '^[A-Z]+DIR \?=' "$SV_ROOT/GNUmakefile" | cut -d' ' -f1)
	[ "$(grep -c /opt/there <<<"$output")" -ge 9 ]
}

@test "an object is not compiled again because another one was made in between" {
	skip_unless make
	local object build=$BATS_TEST_TMPDIR/build
	for object in lib/error programs/common/memory test/unit/table_test; do
		SV_LIMIT=120 run_logged make -C "$SV_ROOT" "BUILD=$build" CFLAGS=-O0 "$build/obj/$object.o"
		assert_status 0
	done
	for object in lib/error programs/common/memory test/unit/table_test; do
		run_logged make -C "$SV_ROOT" "BUILD=$build" CFLAGS=-O0 "$build/obj/$object.o"
		assert_status 0
		assert_output_lacks '  CC'
	done
}

@test "man finds the installed manual pages" {
	skip_unless man
	local page
	export MANPATH=$STAGE$PREFIX/share/man
	for page in sv{write,read,clean,stat}.1 svipc.7 svipc.3; do
		run_logged man -w "${page#*.}" "${page%.*}"
		assert_output "$MANPATH/man${page#*.}/$page"
	done
	run_logged man -w sv_reserve
	assert_output "$MANPATH/man3/svipc.3"
}

@test "each directory can be chosen, and DESTDIR may contain a space" {
	local stage="$WORK/a stage"
	make_here "DESTDIR=$stage" BINDIR=/b LIBDIR=/l/multi INCLUDEDIR=/i MANDIR=/m BASHCOMPDIR=/c DOCDIR=/d install
	[ -x "$stage/b/svread" ]
	[ -e "$stage/l/multi/libsvipc.a" ]
	[ -e "$stage/i/svipc.h" ]
	[ -e "$stage/i/svipc/inspect.h" ]
	[ -e "$stage/m/man7/svipc.7" ]
	[ -e "$stage/c/svread" ]
	grep -qx 'libdir=/l/multi' "$stage/l/multi/pkgconfig/svipc.pc"
	make_here "DESTDIR=$stage" BINDIR=/b LIBDIR=/l/multi INCLUDEDIR=/i MANDIR=/m BASHCOMPDIR=/c DOCDIR=/d uninstall
	assert_equal 'left over' "$(installed "$stage")" ''
}

@test "uninstall removes everything that install put there, and no other file" {
	local stage=$WORK/stage
	make_here "DESTDIR=$stage" install
	echo mine >"$stage$PREFIX/bin/other"
	make_here "DESTDIR=$stage" uninstall
	assert_equal 'what is left' "$(installed "$stage")" "${PREFIX#/}/bin/other"
	rm "$stage$PREFIX/bin/other"
	make_here "DESTDIR=$stage" install
	make_here "DESTDIR=$stage" uninstall
	assert_equal 'what is left' "$(find "$stage" -mindepth 1 2>/dev/null)" ''
}

@test "installing twice has the same result as installing once" {
	make_here "DESTDIR=$STAGE" install
	assert_equal files "$(installed "$STAGE")" "$(expected)"
}

# elf PROGRAM: its type, and whether it needs an interpreter.
elf() {
	readelf -hlW "$1" | sed -nE 's/^ *Type: *([A-Z]+) .*/\1/p; s/^ *INTERP .*/INTERP/p' | paste -sd ' '
}

@test "svread and svwrite need no shared library where the compiler can do that, and are position independent" {
	local cc
	command -v readelf >/dev/null || skip 'needs readelf'
	echo 'int main(void) { return 0; }' >main.c
	for cc in "${CC:-cc}" musl-gcc; do
		command -v "${cc%% *}" >/dev/null || continue
		# shellcheck disable=SC2086 # words
		"$SV_ROOT/scripts/link-static" "$PWD/program" main.c $cc || skip "$cc cannot link statically"
		./program
		assert_equal "a program made by $cc" "$(elf program)" DYN
	done
	run_logged "$SV_ROOT/scripts/link-static" "$PWD/none" main.c false
	assert_status 1
	[ ! -e none ]
	assert_equal svread "$(elf "$STAGE$PREFIX/bin/svread")" DYN
	assert_equal svclean "$(elf "$STAGE$PREFIX/bin/svclean")" 'DYN INTERP'
	make_here STATIC= all
	assert_equal 'svread with STATIC=' "$(elf "$BATS_FILE_TMPDIR/build/svread")" 'DYN INTERP'
}
