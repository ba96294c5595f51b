#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# One question to a memcached server, over its text protocol. As dump.py it shares nothing with the programs under test; it
# is in Perl because that starts ten times faster, and tests ask again and again.
#
#   ask.pl ADDR 'get KEY'            the bytes of the value; exit status 1 if there is none
#   ask.pl ADDR stats NAME           one value of `stats`; likewise of `stats slabs`
#   ask.pl ADDR COMMAND              the first line of the answer (flush_all, stats reset, delete KEY …)
#
# ADDR is HOST:PORT or a Unix socket's path. The exit status is 2 if the server does not answer.
use strict;
use warnings;
use Socket;

$SIG{ALRM} = sub { fail('no answer within 30 s') };
alarm 30;

sub fail { print STDERR "ask.pl: $_[0]\n"; exit 2 }

sub connected {
    my ($address) = @_;
    my ($family, $to, $server) = (PF_UNIX);
    if ($address =~ m{/}) {
        $to = pack_sockaddr_un($address);
    } else {
        my ($host, $port) = $address =~ /^(.*):([0-9]+)$/ or fail("$address: no address");
        ($family, $to) = (PF_INET, pack_sockaddr_in($port, inet_aton($host) // fail("$host: no such host")));
    }
    socket($server, $family, SOCK_STREAM, 0) && connect($server, $to) or fail("$address: $!");
    return $server;
}

my ($address, $command, $name) = @ARGV;
my $server;

sub line { return readline($server) // fail('the server closed the connection') }

$server = connected($address);
syswrite($server, "$command\r\n");
my $first = line();
if (defined $name) {
    for (my $text = $first; $text !~ /^END/; $text = line()) {
        next unless $text =~ /^STAT \Q$name\E (.*?)\r\n/;
        print "$1\n";
        exit 0;
    }
    exit 1;
}
if ($command =~ /^get /) {
    my ($size) = $first =~ /^VALUE .* ([0-9]+)\r\n/ or exit 1;
    read($server, my $value, $size) == $size or fail('half a value');
    print $value;
    exit 0;
}
print $first =~ s/\r\n$/\n/r;
