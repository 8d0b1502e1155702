# SPDX-License-Identifier: MIT
#
# Which tests run which line?  Collect what coverage.c wrote, and find the lines with objdump and addr2line.
package Coverage;
use strict;
use warnings;
use File::Basename qw(basename);

# line_of PROGRAM: for each place in the program where a basic block reports itself, "FILE:LINE" of its source.
sub line_of {
	my ($program) = @_;
	my (@at, %line);
	open my $in, '-|', 'objdump', '-d', '--no-show-raw-insn', $program or die "objdump: $!\n";
	my $due = 0;
	while (<$in>) {
		next unless /^\s*([0-9a-f]+):\s+(.*)/;
		push @at, hex $1 if $due;
		$due = $2 =~ /call.*<__sanitizer_cov_trace_pc>/;
	}
	close $in;
	# The address before the return address lies within the call.
	open my $out, '>', "$program.places" or die;
	printf $out "0x%x\n", $_ - 1 for @at;
	close $out;
	my @lines = `addr2line -e '$program' <'$program.places'`;
	for my $i (0 .. $#at) {
		my ($file, $number) = ($lines[$i] // '') =~ m{.*/((?:src|include)/[^:]+):(\d+)} or next;
		$line{ $at[$i] } = "$file:$number";
	}
	return \%line;
}

# read_all DIRECTORY PROGRAM...: return { file => { line => { test => 1 } } }, also with the lines that no test runs.
sub read_all {
	my ($directory, @programs) = @_;
	my %tests;
	for my $program (@programs) {
		my $line = line_of($program);
		my ($from, $image) = (base_of($program), basename($program));
		for my $place (values %$line) {
			my ($file, $number) = split /:/, $place;
			$tests{$file}{$number} ||= {};
		}
		for my $path (glob "$directory/*\@$image") {
			my ($test) = basename($path) =~ /(.*)@/;
			open my $in, '<', $path or die "$path: $!\n";
			my $bits = do { local $/; <$in> };
			for my $at (keys %$line) {
				next unless vec($bits, $at - $from, 1);
				my ($file, $number) = split /:/, $line->{$at};
				$tests{$file}{$number}{$test} = 1;
			}
		}
	}
	return \%tests;
}

# The address of the first byte of the image.
sub base_of {
	my ($program) = @_;
	my ($base) = `readelf -lW '$program'` =~ /LOAD\s+0x0+\s+0x([0-9a-f]+)/;
	return hex($base // 0);
}

# The tests that run a line with this text: those of the last block that begins at or before it, and those of the first block
# that begins after it, because a condition may have several lines.  If the line is a condition, only its second part may
# begin a block, and the first part belongs to a block that begins before it.
sub tests_of {
	my ($tests, $file, $line, $text) = @_;
	my $lines = $tests->{$file} or return;
	my ($at, $before) = sort { $b <=> $a } grep { $_ <= $line } keys %$lines;
	my ($after) = sort { $a <=> $b } grep { $_ > $line } keys %$lines;
	$before = undef unless $text =~ /&&|\|\||\?/;
	return keys %{ { map { %$_ } map { $lines->{$_} } grep { defined } $before, $at, $after } };
}

1;
