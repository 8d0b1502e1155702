#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# svwrite sends, svread receives: any size, any bytes, either order of start; and afterwards nothing is left.

load ../lib/common

# Sizes around a quarter of the capacity, once, twice and five times the capacity.
edges() {
	local capacity=$1
	echo $((capacity / 4 - 1)) $((capacity / 4)) $((capacity / 4 + 1)) $((capacity - 1)) $capacity $((capacity + 1)) \
		$((2 * capacity - 1)) $((2 * capacity)) $((2 * capacity + 1)) $((5 * capacity + 17))
}

@test "an empty file, one byte, a line of text and 20 MB of random bytes arrive" {
	local make
	for make in ': >file' 'printf x >file' 'echo "Hello, Process B!" >file' 'random_file file 20000000'; do
		eval "$make"
		pass file
	done
}

@test "files of sizes around parts and multiples of the capacity arrive, with a ring of 4 KiB, which is the smallest" {
	local size
	random_file big 100000
	for size in $(edges 4096); do
		head -c "$size" big >file
		pass file -s 1
	done
}

@test "inputs of such sizes arrive from a pipe, with a ring of 64 KiB" {
	local size
	random_file big 1000000
	for size in $(edges 65536); do
		head -c "$size" big >file
		spawn reader svread -s 64K -o copy
		run_logged svwrite -s 64K < <(cat file)
		assert_status 0
		ends_well reader
		assert_same_file file copy
		assert_nothing_left
	done
}

@test "3 MB, and an empty file, arrive in both orders of start" {
	random_file file 3000000
	both_orders file
	: >file
	both_orders file
}

@test "several files arrive one after the other, like cat" {
	random_file a 70000
	: >b
	random_file c 1
	random_file d 300000
	spawn reader svread -o copy
	run_logged svwrite a b c d a
	assert_status 0
	ends_well reader
	cat a b c d a >all
	assert_same_file all copy
	assert_nothing_left
}

@test "of many files few are open at a time, and all are checked first" {
	local i
	for ((i = 10; i < 90; i++)); do
		echo $i >file-$i
	done
	spawn reader svread -o copy
	run_logged bash -c 'ulimit -n 40; exec svwrite file-*'
	assert_status 0
	ends_well reader
	assert_equal copy "$(cat copy)" "$(cat file-*)"
	run_logged bash -c 'ulimit -n 40; exec svwrite -t 0 file-* missing'
	assert_status 1
	assert_output_has 'cannot open missing'
}

@test "of many files one that is replaced or truncated before its turn ends the transfer" {
	local i change
	for change in 'mv other file-40' ': >file-40'; do
		for ((i = 10; i <= 40; i++)); do
			echo $i >file-$i
		done
		echo other >other
		# It must not get the inode of the file that is replaced.
		touch copy
		spawn writer svwrite file-*
		wait_asleep "${pid[writer]}"
		eval "$change"
		run_logged svread -o copy
		assert_status 3
		assert_output_has 'its input was changed during the transfer'
		reap writer
		assert_status 1
		assert_stderr_has 'file-40 was replaced or truncated during the transfer'
		assert_equal copy "$(tail -n 1 copy)" 39
	done
	assert_nothing_left
}

@test "- is standard input, alone and among files" {
	echo one >a
	echo two >b
	spawn reader svread -o -
	run_logged svwrite a - b <<<middle
	assert_status 0
	ends_well reader
	assert_output $'one\nmiddle\ntwo'
	spawn reader svread
	run_logged svwrite - <<<alone
	assert_status 0
	reap reader
	assert_output alone
	assert_nothing_left
}

@test "after -- the name of a file may start with -" {
	echo dash >-c
	spawn reader svread
	run_logged svwrite -- -c
	assert_status 0
	reap reader
	assert_output dash
}

@test "without a file the writer takes standard input from a pipe, and the reader writes into one" {
	random_file file 2000000
	# The writes are small, so most reads are short.
	spawn reader bash -o pipefail -c 'svread | dd bs=1000 of=copy status=none'
	run_logged bash -o pipefail -c 'dd if=file bs=777 status=none | svwrite'
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "short reads and short writes of any alignment lose nothing" {
	random_file file 300000
	midway short=7001 0 svread -s 16K -o copy
	midway short=977 0 svwrite -s 16K file
	ends_well svwrite
	ends_well svread
	assert_same_file file copy
	assert_nothing_left
}

@test "svwrite waits for an input with O_NONBLOCK, and svread for an output" {
	skip_unless perl
	random_file file 500000
	# The other ends are slow, so both sides meet EAGAIN.
	cat >nonblocking <<-'END'
		use Fcntl;
		fcntl($ARGV[0] eq "in" ? STDIN : STDOUT, F_SETFL, O_NONBLOCK) or die;
		shift;
		exec @ARGV;
	END
	spawn reader bash -o pipefail -c 'perl nonblocking out svread -s 16K | dd bs=501 of=copy status=none'
	run_logged bash -o pipefail -c 'dd if=file bs=503 status=none | perl nonblocking in svwrite -s 16K'
	assert_status 0
	ends_well reader
	assert_same_file file copy
}

@test "if the sides ask for different capacities, the first one decides; -v says how much was moved" {
	random_file file 500000
	spawn writer svwrite -v -s 8K file
	wait_asleep "${pid[writer]}"
	assert_equal capacity "$(svstat -b -o capacity --noheadings)" 8192
	run_logged svread -v -s 256K -o copy
	assert_status 0
	assert_output_has '500000 bytes'
	ends_well writer
	assert_stderr_has '500000 bytes'
	assert_same_file file copy
	spawn reader svread -s 64K -o copy
	wait_asleep "${pid[reader]}"
	assert_equal capacity "$(svstat -b -o capacity --noheadings)" 65536
	run_logged svwrite -s 4K file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	assert_nothing_left
}

@test "-o leaves nothing of an older, longer file" {
	random_file copy 900000
	echo short >file
	pass file
}

@test "-o makes a new file with the mode of the umask" {
	umask 027
	echo text >file
	pass file
	assert_equal mode "$(stat -c %a copy)" 640
}

@test "standard output that is a file in append mode is appended to" {
	echo first >copy
	spawn reader bash -c 'svread >>copy'
	run_logged svwrite - <<<second
	assert_status 0
	ends_well reader
	assert_equal content "$(cat copy)" $'first\nsecond'
}

@test "fifty transfers succeed back to back on one channel, with a loop on each side" {
	random_file file 30000
	cat >writers <<-'END'
		for ((i = 0; i < 50; i++)); do
			{ printf '%02d' $i; cat file; } | svwrite -t 60 || exit
		done
	END
	cat >readers <<-'END'
		for ((i = 0; i < 50; i++)); do
			svread -t 60 -o copy || exit
			cmp copy <(printf '%02d' $i; cat file) || exit
		done
	END
	spawn readers bash readers
	run_logged bash writers
	assert_status 0
	ends_well readers
	assert_nothing_left
}
