#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
#
# There is no copy between the two processes: read(2) puts every byte into the segment and write(2) takes it from there.
# The addresses in strace's log and in /proc/PID/maps show this.

load ../lib/common

setup() {
	sv_setup
	skip_unless strace perl
}

# places CALL SIZE: print how many bytes CALL moved to or from the segment, and how many elsewhere, from the file `trace`.
# The segment is where shmat put it: the header, and the ring twice, which is SIZE bytes.
places() {
	# strace -e raw writes all numbers in hexadecimal, a zero as 0.
	perl -e '
		my ($call, $size, @at) = @ARGV;
		my ($inside, $outside) = (0, 0);
		while (<STDIN>) {
			push @at, hex $1 if /\bshmat\(.*\) *= 0x([0-9a-f]+)$/;
			next unless /\b$call\(\w+, 0x([0-9a-f]+), \w+\) *= 0x([0-9a-f]+)$/;
			my ($address, $bytes) = (hex $1, hex $2);
			if (grep { $address >= $_ && $address + $bytes <= $_ + $size } @at) {
				$inside += $bytes;
			} elsif (@at) {
				$outside += $bytes;
			}
		}
		print "$inside $outside\n"' "$1" $(($2 + 4096)) <trace
}

@test "every byte that svwrite reads goes into the segment" {
	random_file file 3000000
	spawn reader svread -s 64K -o copy
	wait_asleep "${pid[reader]}"
	run_logged strace -qq -e raw=read,shmat -e trace=read,shmat -o trace svwrite -s 64K file
	assert_status 0
	ends_well reader
	assert_same_file file copy
	# A block may begin in one mapping of the ring and end in the next.
	assert_equal 'bytes in the segment and elsewhere' "$(places read 131072)" '3000000 0'
}

@test "every byte that svread writes comes from the segment" {
	random_file file 3000000
	spawn writer svwrite -s 64K file
	wait_asleep "${pid[writer]}"
	run_logged strace -qq -e raw=write,shmat -e trace=write,shmat -o trace svread -s 64K -o copy
	assert_status 0
	ends_well writer
	assert_same_file file copy
	assert_equal 'bytes from the segment and from elsewhere' "$(places write 131072)" '3000000 0'
}

@test "the segment is in both processes' maps, the ring twice in a row, read-only in the reader" {
	half_way -s 64K
	local side rights lines
	for side in writer reader; do
		rights=rw-s
		[ $side = writer ] || rights=r--s
		# Start and end of each mapping of the segment: header and ring, and the ring again.
		lines=$(sed -n 's|^\([0-9a-f]*\)-\([0-9a-f]*\) \(....\) .*/SYSV.*|\1 \2 \3|p' "/proc/${pid[$side]}/maps")
		echo "$lines"
		[ -n "$lines" ]
		# There are no holes, and all but the header has the rights of this side.
		run -0 perl -ne '
			my ($from, $to, $rights) = split;
			die "a hole before $from" if defined $end && hex $from != $end;
			$end = hex $to;
			$bytes += hex($to) - hex($from) if $rights eq "'$rights'";
			END { print $bytes }' <<<"$lines"
		[ "$output" -ge 131072 ]
		[ "$output" -le $((131072 + 4096)) ]
	done
	half_way_ends
}
