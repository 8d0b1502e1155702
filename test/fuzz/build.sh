#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# usage: test/fuzz/build.sh DIR
#
# Build each harness of this directory with clang's libFuzzer, AddressSanitizer and UndefinedBehaviorSanitizer as
# DIR/NAME, with objects of its own in DIR.  Then: DIR/NAME -help=1, or DIR/NAME -max_total_time=60.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:?usage: build.sh DIR}
flags='-std=gnu11 -O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all -D_FILE_OFFSET_BITS=64'
kinds=address,undefined

mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
# Another test run in the same clone may be building them.
exec 8>"$dir/build.lock"
flock 8
make -s -C "$root" CC=clang SANITIZE="fuzzer-no-link,$kinds" CFLAGS='-O1 -g' BUILD="$dir" "$dir/libsvipc.a" "$dir/obj/programs.a"
for harness in "$root"/test/fuzz/*.c; do
	name=$(basename "$harness" .c)
	new=
	for part in "$harness" "$root/test/fuzz/fuzz.h" "$dir/obj/programs.a" "$dir/libsvipc.a"; do
		[ "$dir/$name" -nt "$part" ] || new=1
	done
	[ -n "$new" ] || continue
	# shellcheck disable=SC2086 # words
	clang $flags -Wall -Wextra -Werror -fsanitize="fuzzer,$kinds" -I"$root/include" -I"$root/src/lib" -I"$root/src/programs" -o "$dir/$name" \
		"$harness" "$dir/obj/programs.a" "$dir/libsvipc.a" -pthread
done
