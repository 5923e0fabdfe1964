use strict;
use warnings;

# One generator for every task: the same sequence on every machine.
my $state = 1;
sub chance { $state = ($state * 1103515245 + 12345) % 2147483648; return int($state / 65536) % $_[0]; }
sub word { return join '', map { chr(97 + chance(26)) } 1 .. 2 + chance(10); }

sub count_words {
    my %count;
    $count{$_}++ for map { substr($_, 0, 3) } split / /, $_[0];
    my @most = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
    return join ' ', map { "$_=$count{$_}" } @most;
}

sub rewrite {
    my $text = shift;
    $text =~ s/(\w+) (\w+)/\u$2 $1/g;
    $text =~ s/([aeiou]{2,})/<$1>/g;
    my @found = $text =~ /\b([A-M]\w*?[n-z])\b/g;
    return $text . scalar(@found) . join ',', sort @found;
}

# A tree of anonymous hashes, pruned and grown again: many small blocks of different ages.
sub tree {
    my %root;
    for my $word (@_) {
        my $node = \%root;
        $node = $node->{$_} //= {} for split //, $word;
        $node->{end}++;
    }
    delete $root{$_} for grep { ord() % 3 == 0 } keys %root;
    return leaves(\%root, '');
}

sub leaves {
    my ($node, $path) = @_;
    return join '', map { $_ eq 'end' ? "$path\n" : leaves($node->{$_}, $path . $_) } sort keys %$node;
}

sub closures {
    my @step = map { my $n = $_; sub { return $_[0] . ($n % 7) } } 1 .. 5000;
    my $text = '';
    $text = $_->($text) for @step;
    return $text;
}

for my $round (1 .. $ARGV[0]) {
    my @words = map { word() } 1 .. 40000;
    my $text = join ' ', @words;
    for my $answer (count_words($text), rewrite($text), tree(@words), closures()) {
        print "$round ", length($answer), ' ', unpack('%32C*', $answer), "\n";
        print "$answer\n" if $round == 1;
    }
}
