#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# The recipes of svipc(7) and the README for another machine, by socat or ssh, and for IPC namespaces.

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

# over_tcp: start svread | socat as the process sender on one machine, and socat | svwrite as receiver on the other.
over_tcp() {
	local port
	skip_unless socat
	port=$(free_port)
	spawn sender machine "$there" 'svread | socat -u - TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr' "$port"
	spawn receiver machine "$here" 'socat -u TCP:127.0.0.1:$1,retry=200,interval=0.1 - | svwrite' "$port"
}

@test "over TCP a file arrives by svread | socat on one machine and socat | svwrite on the other" {
	over_tcp
	random_file sent 3000000
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
	[ -w /dev/full ] || skip 'needs /dev/full'
	over_tcp
	# /dev/zero is more than the buffers on the way can hold.
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
	over_tcp
	random_file sent 100000
	mkfifo feed
	exec 9<>feed
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
