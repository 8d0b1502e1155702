# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# For suites that build with other compilers: `load ../lib/compilers` after common.

# compiler_for clang|musl|m32|arm64: print a CC that works here, or fail.
compiler_for() {
	local cc
	# The 32-bit compiler does not look where Debian keeps <asm/*.h>.
	case $1 in
	clang) cc=clang ;;
	musl) cc=musl-gcc ;;
	m32) cc="gcc -m32 -idirafter /usr/include/$(gcc -print-multiarch)" ;;
	arm64) cc=aarch64-linux-gnu-gcc ;;
	esac
	# shellcheck disable=SC2086 # words
	echo 'int main(void) { return 0; }' | $cc -x c -o /dev/null - 2>/dev/null && echo "$cc"
}
