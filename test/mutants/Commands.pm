# SPDX-License-Identifier: MIT
#
# Commands - run a command with a limit of time, and read its output line by line.
package Commands;

use strict;
use warnings;
use Exporter qw(import);
use IO::Select;
use Time::HiRes qw(time);

our @EXPORT = qw(run start next_line finish $begun_at $spent @under);
our @under;    # the command that runs each command, such as nice(1)
our ($begun_at, $spent) = (0, 0);    # when the last command began, and how long all of them took

# run SECONDS COMMAND...: return the lines of its output and its status, which is undef if it did not end in time.
sub run {
	my ($seconds, @command) = @_;
	my ($pid, $out) = start(@command);
	my @lines;
	my $end = time + $seconds;
	while (defined(my $line = next_line($out, $end - time))) {
		return (\@lines, finish($pid)) if $line eq '';
		push @lines, $line;
	}
	finish($pid, 1);
	return (\@lines, undef);
}

# Start a command in a process group of its own, so that the whole group can be killed.
sub start {
	my @command = @_;
	pipe my $in, my $out or die;
	my $pid = fork // die;
	if ($pid == 0) {
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>&', $out;
		open STDERR, '>&', $out;
		# Time counts from this line on, not while @under waits for its turn.
		exec @under, 'sh', '-c', 'echo begun; exec "$@"', '-', @command or exit 127;
	}
	close $out;
	my $from = { from => $in, text => '', select => IO::Select->new($in) };
	next_line($from, 3600);
	$begun_at = time;
	return ($pid, $from);
}

# Return the next line, '' at the end, or undef if there is none in that time.
sub next_line {
	my ($out, $seconds) = @_;
	my $end = time + $seconds;
	my $at;
	while (($at = index($out->{text}, "\n")) < 0) {
		return undef unless $end > time && $out->{select}->can_read($end - time);
		return '' unless sysread $out->{from}, $out->{text}, 65536, length $out->{text};
	}
	return substr($out->{text}, 0, $at + 1, '');
}

sub finish {
	my ($pid, $kill) = @_;
	kill 'KILL', -$pid if $kill;
	waitpid $pid, 0;
	my $status = $?;
	$spent += time - $begun_at;
	return $status;
}

1;
