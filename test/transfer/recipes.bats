#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The recipes of svipc(7) and the README for more than one user on one machine: another machine by socat or ssh, other
# users, IPC namespaces, and a systemd that removes a user's objects.

load ../lib/common

# Two directories of channels, which know nothing of each other, stand for two machines.
setup() {
	sv_setup
	here=$RV/here there=$RV/there
	mkdir -m 700 "$here" "$there"
}

# A port that was free a moment ago, and that the kernel does not give to clients.
free_port() {
	local port
	for port in $(shuf -i 20000-32000 -n 50); do
		grep -qi ":$(printf %04X "$port") " /proc/net/tcp || {
			echo "$port"
			return
		}
	done
}

# machine DIRECTORY TEXT [ARGUMENT...]: run TEXT as a user of that machine, with pipefail.  SVIPC_DIR of this test stays in
# the environment, because the helpers find the test's processes by it.
machine() {
	local dir=$1 text=$2
	shift 2
	exec bash -o pipefail -c "svread() { SVIPC_DIR=$dir command svread -t 60 \"\$@\"; }
		svwrite() { SVIPC_DIR=$dir command svwrite -t 60 \"\$@\"; }
		$text" machine "$@"
}

@test "over TCP a file arrives by svread | socat on one machine and socat | svwrite on the other" {
	skip_unless socat
	local port
	port=$(free_port)
	random_file sent 3000000
	spawn sender machine "$there" 'svread | socat -u - TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr' "$port"
	spawn receiver machine "$here" 'socat -u TCP:127.0.0.1:$1,retry=200,interval=0.1 - | svwrite' "$port"
	spawn reader machine "$here" "svread -o '$WORK/copy'"
	run_logged env "SVIPC_DIR=$there" svwrite -t 60 sent
	assert_status 0
	local side
	for side in sender receiver reader; do
		ends_well $side
	done
	assert_same_file sent copy
}

@test "over TCP: the far reader's disk is full; every pipeline back to the first writer fails" {
	skip_unless socat
	[ -w /dev/full ] || skip 'needs /dev/full'
	local port
	port=$(free_port)
	# /dev/zero is more than the buffers on the way can hold.
	spawn sender machine "$there" 'svread | socat -u - TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr' "$port"
	spawn receiver machine "$here" 'socat -u TCP:127.0.0.1:$1,retry=200,interval=0.1 - | svwrite' "$port"
	spawn reader machine "$here" 'svread >/dev/full'
	spawn writer env "SVIPC_DIR=$there" svwrite -t 60 /dev/zero
	reap reader
	assert_status 1
	assert_stderr_has 'No space left on device'
	reap receiver
	# svwrite comes last in that pipeline: its status is the pipeline's.
	assert_status 3
	assert_stderr_has 'the reader'
	assert_stderr_has 'No space left on device'
	reap sender
	[ "$status" -ne 0 ]
	reap writer
	assert_status 3
}

@test "over TCP: when the first writer dies the sending pipeline fails, but the far side succeeds" {
	skip_unless socat
	local port
	port=$(free_port)
	random_file sent 100000
	mkfifo feed
	exec 9<>feed
	spawn sender machine "$there" 'svread | socat -u - TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr' "$port" 9>&-
	spawn receiver machine "$here" 'socat -u TCP:127.0.0.1:$1,retry=200,interval=0.1 - | svwrite' "$port" 9>&-
	spawn reader machine "$here" "svread -o '$WORK/copy'" 9>&-
	spawn writer env "SVIPC_DIR=$there" svwrite -t 60 feed 9>&-
	cat sent >&9
	wait_until 'cmp -s sent copy'
	kill -KILL "${pid[writer]}"
	exec 9>&-
	reap writer
	assert_status 137
	reap sender
	assert_status 3
	assert_stderr_has 'the writer'
	assert_stderr_has 'died'
	# The end of the TCP connection looks like success: only the sending pipeline knows.
	ends_well receiver
	ends_well reader
}

@test "over ssh a file arrives by svread | ssh host svwrite" {
	skip_unless ssh ssh-keygen
	local sshd port
	sshd=$(PATH=$PATH:/usr/sbin type -P sshd) || skip 'needs sshd'
	skip_unless_root
	port=$(free_port)
	ssh-keygen -q -t ed25519 -N '' -f host
	ssh-keygen -q -t ed25519 -N '' -f user
	mkdir -p /run/sshd
	spawn sshd "$sshd" -D -e -f /dev/null -p "$port" -h "$WORK/host" -o ListenAddress=127.0.0.1 -o UsePAM=no -o StrictModes=no \
		-o "AuthorizedKeysFile=$WORK/user.pub" -o PidFile=none
	wait_until 'grep -qi ":$(printf %04X '"$port"') " /proc/net/tcp'
	random_file sent 3000000
	export SSH="ssh -F none -p $port -i $WORK/user -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR 127.0.0.1"
	spawn pipeline machine "$there" 'svread | $SSH "SVIPC_DIR=$1 $2/svwrite -t 60"' "$here" "$SVIPC_BUILD"
	spawn reader machine "$here" "svread -o '$WORK/copy'"
	run_logged env "SVIPC_DIR=$there" svwrite -t 60 sent
	assert_status 0
	ends_well pipeline
	ends_well reader
	assert_same_file sent copy
	# The other way: a failure there is the status of the pipeline here.
	spawn pipeline machine "$there" 'svread | $SSH "SVIPC_DIR=$1 $2/svwrite -t 60"' "$here" "$SVIPC_BUILD"
	spawn reader machine "$here" 'svread >/dev/full'
	spawn writer env "SVIPC_DIR=$there" svwrite -t 60 /dev/zero
	reap reader
	assert_status 1
	reap pipeline
	assert_status 3
	reap writer
	assert_status 3
	end_by TERM sshd
}

# Make a directory $place that every user can reach, with a directory of another user in it.
with_other_user() {
	skip_unless_root
	skip_unless setpriv
	setpriv --reuid=65534 --regid=65534 --clear-groups test -x "$SVIPC_BUILD/svread" ||
		skip 'another user cannot reach the build directory'
	place=$(mktemp -d /tmp/svipc-users.XXXXXX)
	mkdir -m 700 "$place/of-other"
	chown 65534:65534 "$place/of-other"
	chmod 755 "$place"
	touch "$place/handover"
}

teardown() {
	sv_teardown
	rm -rf "${place-}"
}

# as_other COMMAND...: run it as that user, who also has the group 12345.
as_other() {
	setpriv --reuid=65534 --regid=65534 --groups=12345 env "SVIPC_DIR=$place/of-other" "$@"
}

@test "between users: a path with mode 0666 lets all users meet" {
	with_other_user
	random_file sent 300000
	spawn writer svwrite -k "$place/handover" -m 0666 sent
	wait_asleep "${pid[writer]}"
	as_other "$SVIPC_BUILD/svread" -t 30 -k "$place/handover" >copy
	ends_well writer
	assert_same_file sent copy
}

@test "between users: without --mode the other user is refused and told what to do" {
	with_other_user
	spawn writer svwrite -k "$place/handover" /dev/null
	wait_asleep "${pid[writer]}"
	run as_other "$SVIPC_BUILD/svread" -t 30 -k "$place/handover"
	sv_log 'svread as another user'
	assert_status 5
	assert_output_has 'of user 0'
	assert_output_has '--mode=0660'
	# The waiting side is not disturbed.
	run_logged svread -k "$place/handover"
	assert_status 0
	ends_well writer
}

@test "between users: mode 0660 admits the group of the first user" {
	with_other_user
	random_file sent 300000
	spawn writer setpriv --regid=12345 --clear-groups "$SVIPC_BUILD/svwrite" -k "$place/handover" -m 0660 sent
	wait_asleep "${pid[writer]}"
	as_other "$SVIPC_BUILD/svread" -t 30 -k "$place/handover" >copy
	ends_well writer
	assert_same_file sent copy
}

@test "containers: in two IPC namespaces the sides never meet, and each message names its namespace" {
	skip_unless_own_ipc
	echo hello >file
	spawn writer unshare --ipc "$SVIPC_BUILD/svwrite" -v -t 3 file
	run_logged svread -v -t 3
	assert_status 4
	assert_output_has "waiting for a writer on channel 'default' (namespace $(readlink /proc/self/ns/ipc), file"
	reap writer
	assert_status 4
	assert_stderr_has "waiting for a reader on channel 'default' (namespace ipc:["
	[[ $stderr != *"$(readlink /proc/self/ns/ipc)"* ]] || fail 'both messages name the same namespace'
}

@test "containers: in a shared IPC namespace the sides meet" {
	skip_unless_own_ipc
	skip_unless nsenter
	echo hello >file
	spawn holder unshare --ipc sleep 100
	wait_until '[ "$(readlink /proc/${pid[holder]}/ns/ipc)" != "$(readlink /proc/self/ns/ipc)" ]'
	spawn writer nsenter "--ipc=/proc/${pid[holder]}/ns/ipc" "$SVIPC_BUILD/svwrite" -t 30 file
	run_logged nsenter "--ipc=/proc/${pid[holder]}/ns/ipc" "$SVIPC_BUILD/svread" -t 30
	assert_status 0
	assert_output hello
	ends_well writer
	end_by TERM holder
}

@test "when systemd RemoveIPC removes the objects, a waiting side ends with 1 and names the possible causes" {
	# What systemd-logind does: remove every object of the user.
	skip_unless_own_ipc
	half_way
	ipc_leaked "$sv_before" | ipc_remove
	reap reader
	assert_status 1
	assert_stderr_has 'removed by another process'
	assert_stderr_has 'RemoveIPC'
	exec 9>&-
	# The writer waits for its input: it may notice the removal first, or that the reader is gone.
	reap writer
	assert_status 1 3
}
