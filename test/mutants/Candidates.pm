# SPDX-License-Identifier: MIT
#
# The mutants of C sources: every place where one operator, constant or statement may be changed, in an order that depends
# on a seed.
package Candidates;
use strict;
use warnings;
use File::Find qw(find);
use List::Util qw(shuffle);

# What an operator or a constant becomes.  A number without a replacement becomes the next one.
my @changes = (
	[ qr/==/, '!=' ], [ qr/!=/, '==' ],
	[ qr/(?<![<>=-])<(?![<=])/, '<=' ], [ qr/(?<![>-])>(?![>=])/, '>=' ],
	[ qr/<=/, '<' ], [ qr/(?<![>])>=/, '>' ],
	[ qr/&&/, '||' ], [ qr/\|\|/, '&&' ],
	[ qr/(?<=[\w)\]] )\+(?= )/, '-' ], [ qr/(?<=[\w)\]] )-(?= )/, '+' ],
	[ qr/\+=/, '-=' ], [ qr/-=/, '+=' ],
	[ qr/\+\+/, '--' ], [ qr/(?<!-)--(?!-)/, '++' ],
	[ qr/(?<=[\w)] )\*(?= )/, '/' ], [ qr/(?<= )\/(?= )/, '*' ],
	[ qr/(?<= )&(?= )/, '|' ], [ qr/(?<= )\|(?= )/, '&' ],
	[ qr/<<(?=[ ])/, '>>' ], [ qr/(?<=[ ])>>(?=[ ])/, '<<' ],
	[ qr/(?<=[( ])!(?=[\w(*])/, '' ],
	[ qr/\btrue\b/, 'false' ], [ qr/\bfalse\b/, 'true' ],
	[ qr/(?<![\w.])0(?![\w.])/, '1' ], [ qr/(?<![\w.])1(?![\w.])/, '0' ],
	[ qr/(?<![\w.])([2-9]|[1-9]\d+)(?![\w.])/, undef ],
);

# Replace comments and strings with ~ characters, so that everything else keeps its place.
sub code_of {
	my $text = shift;
	$text =~ s{(/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')}{my $m = $1; $m =~ s/[^\n]/~/g; $m}gse;
	return $text;
}

# All places in one source.
sub places {
	my ($file, $text) = @_;
	my ($at, $depth, @found) = (0, 0);
	for my $line (split /(?<=\n)/, code_of($text)) {
		my $inside = $depth > 0;
		$depth += ($line =~ tr/{//) - ($line =~ tr/}//);
		# Only bodies of functions and tables; no declarations and no preprocessor lines.
		if ($inside && $line !~ /^\s*(#|_Static_assert|case .*:$|default:)/) {
			for my $change (@changes) {
				my ($old, $new) = @$change;
				while ($line =~ /$old/g) {
					push @found, { file => $file, at => $at + $-[0], length => $+[0] - $-[0], new => $new // $& + 1 };
				}
			}
			# A whole statement in one line; without a declaration or a return the program would not build.
			if ($line =~ /^(\s*)((?:\w[\w.>\[\]()*&-]* *(?:[-+|&*]?=)[^=]|[a-z]\w*\(|\+\+|--).*;|break;|continue;)\s*$/
				&& $line !~ /^\s*(const|static|struct|enum|unsigned|return|goto|\w+ \w+ =|\w+ \*)/) {
				push @found, { file => $file, at => $at + length($1), length => length($2), new => ';' };
			}
		}
		$at += length $line;
	}
	return @found;
}

# One mutant for each line of the sources below the paths, shuffled.  Each is a hash: file, line, text (the whole mutated
# source), old and new (the line).
sub mutants {
	my ($root, $seed, @paths) = @_;
	my (%source, @found, %seen);
	find({ no_chdir => 1, wanted => sub { /\.[ch]$/ and $source{ substr($_, length($root) + 1) } = '' } },
		map { "$root/$_" } @paths);
	for my $file (sort keys %source) {
		open my $in, '<', "$root/$file" or die "$file: $!\n";
		$source{$file} = do { local $/; <$in> };
		push @found, places($file, $source{$file});
	}
	srand($seed);
	@found = shuffle(sort { $a->{file} cmp $b->{file} || $a->{at} <=> $b->{at} || $a->{new} cmp $b->{new} } @found);
	for my $m (@found) {
		my $text = $source{ $m->{file} };
		my $start = rindex($text, "\n", $m->{at} - 1) + 1;
		my $old = substr($text, $start, index($text, "\n", $m->{at}) - $start);
		my $new = $old;
		substr($new, $m->{at} - $start, $m->{length}) = $m->{new};
		substr($text, $m->{at}, $m->{length}) = $m->{new};
		s/^\s+//, s/\s+$// for $old, $new;
		$m->{line} = 1 + (substr($text, 0, $start) =~ tr/\n//);
		@$m{qw(text old new)} = ($text, $old, $new eq ';' ? '(nothing)' : $new);
	}
	return grep { !$seen{"$_->{file}:$_->{line}"}++ } @found;
}

sub describe {
	my $m = shift;
	return "$m->{file}:$m->{line}: $m->{old}  =>  $m->{new}";
}

# The same without the line number, which changes too often.
sub key {
	my $m = shift;
	return "$m->{file}: $m->{old}  =>  $m->{new}";
}

1;
