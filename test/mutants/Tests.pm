# SPDX-License-Identifier: MIT
#
# Tests - which tests exist, how long do they take, and which of them notices a mutant?
#
# A test is "SUITE:NUMBER" or the name of a unit test; %about has its suite, its title and the seconds that it takes.
package Tests;

use strict;
use warnings;
use Exporter qw(import);
use File::Basename qw(basename);
use List::Util qw(max sum0);

use Commands;

our @EXPORT = qw(%about %left_out %killed_by measure_units measure_suites title_of units_of killing_unit killing_suite);
our %about;
our %left_out;     # titles of suites' tests that did not pass
our %killed_by;    # source, then test: how many mutants of that source it has killed

# Processes and objects that a test leaves behind end with its namespaces.
sub inside {
	return (qw(unshare --ipc --pid --fork --kill-child --mount-proc bash -c), '"$@"; exit $?', '-', @_);
}

sub measure_units {
	for my $unit (@_) {
		$ENV{SV_COVERAGE_TEST} = $unit;
		my $before = $spent;
		my (undef, $status) = run(120, inside("build/test/$unit"));
		my $seconds = $spent - $before;
		print "left out: $unit fails on the sources as they are\n" unless defined $status && $status == 0;
		$about{$unit} = { seconds => $seconds, title => $unit } if defined $status && $status == 0;
	}
	delete $ENV{SV_COVERAGE_TEST};
}

# measure_suites JOBS SUITE...: run JOBS suites at a time.
sub measure_suites {
	my ($jobs, @suites) = @_;
	my @running;
	while (@suites || @running) {
		if (@suites && @running < $jobs) {
			my $suite = shift @suites;
			push @running, [ $suite, start(inside(qw(bats --tap --timing --filter-tags !long), $suite)) ];
		} else {
			measured(@{ shift @running });
		}
	}
}

# Read the output of bats about a suite, up to its end.
sub measured {
	my ($suite, $pid, $out) = @_;
	while (1) {
		my $line = next_line($out, 600);
		if (($line // '') eq '') {
			print "left out: the rest of $suite, which hangs\n" unless defined $line;
			finish($pid, !defined $line);
			return;
		}
		my $test = basename($suite) . ':' . ($line =~ /^(?:not )?ok (\d+)/ ? $1 : next);
		if ($line =~ /^ok \d+ (.*) in (\d+)ms$/) {
			$about{$test} = { suite => $suite, title => $1, seconds => $2 / 1000 };
		} else {
			my ($title) = $line =~ /ok \d+ (.*) in \d+ms/;
			$left_out{"$suite: $title"} = 1 if defined $title;
			print "left out: $suite: $line";
		}
	}
}

sub title_of {
	my $test = shift;
	return $about{$test}{suite} ? "$about{$test}{suite}: $about{$test}{title}" : $test;
}

# first_to_fail SUITE TEST...: let bats run these; return the first test that fails or hangs, if any.
sub first_to_fail {
	my ($suite, @tests) = @_;
	my %of = map { $about{$_}{title} => $_ } @tests;
	my $pattern = join '|', map { s/([][\\.*+?(){}|^\$])/\\$1/gr } keys %of;
	my ($pid, $out) = start(inside(qw(bats --tap --filter), "^($pattern)\$", $suite));
	my %todo = map { $_ => 1 } @tests;
	while (1) {
		my $line = next_line($out, 15 + 5 * max(0, map { $about{$_}{seconds} } keys %todo));
		if (!defined $line) {
			finish($pid, 1);
			my ($first) = sort { ($a =~ /:(\d+)/)[0] <=> ($b =~ /:(\d+)/)[0] } keys %todo;
			return ($first, 'hangs');
		}
		if ($line eq '') {
			finish($pid);
			return;
		}
		if ($line =~ /^not ok \d+ (.*)/) {
			finish($pid, 1);
			return ($of{$1} // $tests[0], 'fails');
		}
		delete $todo{ $of{$1} } if $line =~ /^ok \d+ (.*?)( # skip.*)?$/ && $of{$1};
	}
}

# The suites that are about a source come first.  Others run it too: nearly all tests end with svclean, for instance.
my @about_source = (
	[ qr{programs/(status|svstat)}, qr{status/svstat|transfer/options} ],
	[ qr{programs/svclean}, qr{status/svclean|transfer/options} ],
	[ qr{programs/transfer/(progress|figures|calls)}, qr{transfer/(progress|promises)} ],
	[ qr{programs/transfer/join}, qr{transfer/(waiting|follow|lines|commands)} ],
	[ qr{programs/transfer/(lines|command|process|consumer)}, qr{transfer/(lines|commands)} ],
	[ qr{programs/transfer/(input|output|files|pattern|pipe)}, qr{transfer/(output|files|resume)|failure/reported} ],
	[ qr{programs/sv(read|write)}, qr{transfer/(options|output|files|resume)|failure/reported} ],
	[ qr{programs}, qr{transfer/options|failure/reported|transfer/promises} ],
	[ qr{inspect}, qr{status/svclean|status/svstat} ],
	[ qr{record|keep|rendezvous|facts|identity|owner|directory|trust|presence}, qr{security/directories|status/svclean|failure/refused} ],
	[ qr{turn|number}, qr{transfer/queue} ],
	[ qr{.}, qr{failure/(death|refused|ipcrm|life)|transfer/(resume|files|promises)} ],
);

# How often a test has killed mutants of this source, divided by the time that it takes.
sub merit {
	my ($m, $test) = @_;
	return ($killed_by{ $m->{file} }{$test} // 0) / ($about{$test}{seconds} + 0.3);
}

# Is a test named after the source?
sub is_named {
	my ($m, $test) = @_;
	my $name = basename($m->{file}) =~ s/\.[ch]$//r;
	return $test =~ /^\Q$name\E_/ ? 1 : 0;
}

# units_of MUTANT TEST...: two lists of the unit tests among these.  First come those that have killed a mutant of this
# source, then those that have its name, then the quickest.  The second list has those that take seconds and are unlikely.
sub units_of {
	my ($m, @tests) = @_;
	my @units = sort { merit($m, $b) <=> merit($m, $a) || is_named($m, $b) <=> is_named($m, $a) || $about{$a}{seconds} <=> $about{$b}{seconds} }
		grep { !$about{$_}{suite} } @tests;
	my %slow = map { $_ => 1 } grep { $about{$_}{seconds} > 2 && merit($m, $_) == 0 && !is_named($m, $_) } @units;
	return ([ grep { !$slow{$_} } @units ], [ grep { $slow{$_} } @units ]);
}

# killing_unit UNIT...: return the first one that fails, and how.
sub killing_unit {
	for my $unit (@_) {
		my ($lines, $status) = run(10 + 10 * $about{$unit}{seconds}, inside("build/test/$unit"));
		return ($unit, "$unit hangs") unless defined $status;
		next if $status == 0;
		my ($how) = grep { /^not ok/ } @$lines;
		chomp($how //= 'status ' . ($status >> 8));
		return ($unit, "$unit: $how");
	}
	return;
}

# killing_suite MUTANT SECONDS TEST...: return the first test of a suite that fails, and how.  Try tests that take up to
# SECONDS in all.
sub killing_suite {
	my ($m, $budget, @tests) = @_;
	my @rest = sort { merit($m, $b) <=> merit($m, $a) || $about{$a}{seconds} <=> $about{$b}{seconds} } grep { $about{$_}{suite} } @tests;
	# First the tests that have killed a mutant of this source, then those about it, then the quickest of each suite, then all.
	my ($about) = map { $_->[1] } grep { $m->{file} =~ $_->[0] } @about_source;
	my ($tried, %turn) = (0);
	my %round;
	for my $test (@rest) {
		my $nth = $turn{ $about{$test}{suite} }++;
		my $round = merit($m, $test) > 0 ? 0 : $about{$test}{suite} =~ $about ? 1 : $nth < 4 ? 2 : 3;
		push @{ $round{$round}{ $about{$test}{suite} } }, $test;
	}
	for my $round (0 .. 3) {
		my $suites = $round{$round} // {};
		my %rank = map { my $tests = $suites->{$_}; $_ => [ -sum0(map { merit($m, $_) } @$tests), sum0(map { $about{$_}{seconds} } @$tests) ] } keys %$suites;
		for my $suite (sort { $rank{$a}[0] <=> $rank{$b}[0] || $rank{$a}[1] <=> $rank{$b}[1] } keys %$suites) {
			return if $tried >= $budget;
			my @some = @{ $suites->{$suite} };
			while (@some) {
				$tried += $about{$_}{seconds} + 0.1 for @some;
				my ($test, $how) = first_to_fail($suite, @some) or last;
				# It must fail twice, because a test that fails now and then must not count.
				my ($again) = first_to_fail($suite, $test);
				return ($test, title_of($test) . ($how eq 'hangs' ? ' (hangs)' : '')) if defined $test && defined $again;
				@some = grep { $_ ne $test } @some;
			}
		}
	}
	return;
}

1;
