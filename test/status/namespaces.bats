#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# A channel in another IPC namespace, such as a container's, cannot be seen from here; the messages say that its name
# exists there.

load ../lib/common

setup() {
	sv_setup
	skip_unless_own_ipc
}

# Make a channel "shared" in another IPC namespace; set `other` to that namespace's directory.
elsewhere() {
	spawn other unshare --ipc "$SVIPC_BUILD/svwrite" -c shared <<<'some data'
	wait_until '[ -e "$(echo "$SVIPC_DIR"/ipc-*/shared)" ]'
	other=$(basename "$(dirname "$SVIPC_DIR"/ipc-*/shared)")
	assert_equal 'another namespace' "ipc:[${other#ipc-}]" "$(readlink "/proc/${pid[other]}/ns/ipc")"
	exists="the name exists in another IPC namespace ($other)"
}

# End that channel.  Its objects go with the namespace, but its directory stays.
forget() {
	end_by TERM other
	rm -rf "${SVIPC_DIR:?}/$other"
}

@test "svwrite and svread mention the other namespace while they wait" {
	elsewhere
	run_logged svread -v -c shared -t 1.5
	assert_status 4
	assert_output_has "shared); $exists; in another terminal type: "
	run_logged svwrite -v -c shared -t 1.5 /dev/null
	assert_status 4
	assert_output_has "shared); $exists; in another terminal type: "
	run_logged svread -v -c another -t 1.5
	assert_status 4
	[[ $output != *'another IPC namespace'* ]] || fail 'this name exists nowhere else'
	forget
}

@test "svstat NAME says that the channel is not here but in the other namespace" {
	elsewhere
	run_logged svstat shared
	assert_status 1
	assert_output_has "nobody has made it here, or it has ended; $exists"
	spawn here svwrite -c shared <<<'some data'
	wait_asleep "${pid[here]}"
	run_logged svstat shared
	assert_status 0
	assert_output_has 'the same name is in use in 1 other, which cannot be seen from here'
	assert_equal 'others' "$(svstat -o state,elsewhere --noheadings shared | tr -s ' ')" 'waiting_reader 1'
	end_by TERM here
	run_logged svstat shared
	assert_status 1
	assert_output_has "$exists"
	forget
}

@test "svstat --wait mentions the other namespace once, and continues to wait" {
	elsewhere
	spawn await svstat --wait=shared=writer -t 60
	wait_until "grep -qF '$exists' await.err"
	spawn here svwrite -c shared <<<'some data'
	ends_well await
	assert_equal 'how often' "$(grep -cF "$exists" await.err)" 1
	end_by TERM here
	run_logged svstat --wait=shared=gone -t 60
	assert_status 0
	assert_output ''
	forget
}

@test "svclean -c NAME mentions the other namespace, and removes nothing" {
	elsewhere
	run_logged svclean -a -c shared
	assert_status 0
	assert_output "nothing to remove: there is no channel shared; $exists"
	[ -e "$SVIPC_DIR/$other/shared" ] || fail 'it has removed the other record'
	run_logged svclean -q -a -c shared
	assert_output ''
	forget
}
