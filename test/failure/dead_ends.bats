#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# Whatever was killed, replaced or removed, and however a directory is spelled: a channel is found, and its name or path
# works again after at most one svclean.

load ../lib/common
load ../lib/survivor

# works OPTION...: a transfer with these options succeeds.
works() {
	echo text >text
	rm -f got
	spawn last svread -t 20 "$@" -o got
	run_logged svwrite -t 20 "$@" text
	assert_status 0 || return 1
	ends_well last || return 1
	assert_same_file text got
}

# The other spellings of the directory $there.
spellings() {
	echo "$there/" "$there//" "$there/." "$PWD/./dirs/../dirs/channels" "$PWD/up/channels" dirs/channels ./dirs//channels
}

@test "a directory is the same however it is spelled: a live channel is joined, a dead one cleaned" {
	local there=$PWD/dirs/channels spelled
	mkdir -p dirs && mkdir -m 700 "$there"
	ln -s dirs up
	for spelled in $(spellings); do
		echo text >text
		SVIPC_DIR=$there spawn reader svread -o got
		wait_asleep "${pid[reader]}"
		SVIPC_DIR=$spelled run_logged svread -t 0
		assert_status 5
		assert_output_has 'is the reader'
		SVIPC_DIR=$spelled run_logged svwrite -t 20 text
		assert_status 0
		ends_well reader
		assert_same_file text got
		SVIPC_DIR=$there both_killed
		SVIPC_DIR=$spelled run_logged svclean
		assert_output_has 'removed default'
		SVIPC_DIR=$there both_killed
		SVIPC_DIR=$spelled works
	done
	assert_equal 'objects' "$(ipc_leaked "$sv_before" "$there")" ''
}

@test "a directory that is also mounted elsewhere is the same directory" {
	skip_unless_own_mounts
	local there=$PWD/channels
	mkdir -m 700 "$there" elsewhere
	SVIPC_DIR=$there both_killed
	run_logged unshare --mount bash -c 'mount --bind "$0" elsewhere && SVIPC_DIR=$PWD/elsewhere svclean' "$there"
	assert_status 0
	assert_output_has 'removed default'
	assert_equal 'objects' "$(ipc_leaked "$sv_before" "$there")" ''
}

@test "a path that is replaced or deleted after both sides were killed: svclean removes all, and the path works" {
	local how
	for how in 'rm meet' 'rm meet; touch meet' 'mv meet other; touch meet'; do
		touch meet
		both_killed -k meet
		eval "$how"
		run_logged svclean
		assert_status 0
		assert_output_has removed
		assert_nothing_left
		touch meet
		works -k meet
		# And without svclean in between.
		both_killed -k meet
		eval "$how"
		touch meet
		works -k meet
		svclean -q
		assert_nothing_left
	done
}

@test "after both sides were killed and the directory was removed, with objects left, the name works" {
	both_killed
	rm -r "$SVIPC_DIR"
	works
	works
	# Nothing proves that the objects are ours, so svclean leaves them and prints nothing.
	run_logged svclean -a
	assert_status 0
	assert_output ''
	ipc_leaked "$sv_before" "$SVIPC_DIR" | ipc_remove
}

# bats test_tags=long
@test "a name can be opened 70,000 times while another channel is open" {
	spawn other svread -c other
	wait_asleep "${pid[other]}"
	cat >opens.c <<-'END'
		#include <svipc.h>
		int main(void)
		{
			struct sv_options options = SV_OPTIONS_INIT;
			struct sv_error error = SV_ERROR_INIT;
			sv_channel *ch;
			int i;

			options.capacity = 4096;
			for (i = 0; i < 70000; i++) {
				if (sv_open(&ch, SV_WRITER, &options, 0, &error) != SV_OK || sv_close(ch) != SV_OK)
					return 1;
			}
			return 0;
		}
	END
	${CC:-cc} -I"$SV_ROOT/include" -o opens opens.c "$SVIPC_BUILD/libsvipc.a" || skip 'cannot link a C program'
	SV_LIMIT=600 run_logged ./opens
	assert_status 0
	end_by TERM other
	assert_nothing_left
}
