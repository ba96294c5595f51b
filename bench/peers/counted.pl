#!/usr/bin/perl
# SPDX-License-Identifier: MIT
# zcat FILE | counted.pl IDFA GAID ADID DVID: batches over the text protocol, and every answer counted.
use strict;
use warnings FATAL => 'uninitialized';
use IO::Socket::INET;

my $BATCH = 400;
my (%server, %batch, %records);
my $stored = 0;

sub app {
    my $n    = shift;
    my $wire = "\x08";
    while ($n > 127) {
        $wire .= chr($n & 127 | 128);
        $n >>= 7;
    }
    return $wire . chr $n;
}

my @app = map { app($_) } 0 .. 9999;

sub store {
    my $type   = shift;
    my $server = $server{$type};
    my ($sent, $length) = (0, length $batch{$type});
    while ($sent < $length) {
        $sent += syswrite($server, $batch{$type}, $length - $sent, $sent) // die "write: $!";
    }
    while ($records{$type} > 0) {
        my $answer = <$server> // die 'the server closed the connection';
        $stored++ if $answer eq "STORED\r\n";
        $records{$type}--;
    }
    $batch{$type} = '';
    return;
}

@server{qw(idfa gaid adid dvid)} = map { IO::Socket::INET->new($_) || die "$_: $!" } @ARGV;
while (my $line = <STDIN>) {
    chomp $line;
    my ($type, $id, $lat, $lon, $apps) = split /\t/, $line;
    my @ids   = split /,/, $apps;
    my $value = eval { join '', @app[@ids] } // join('', map { app($_) } @ids); # it dies of an id that @app lacks
    $value .= pack('Cd<Cd<', 0x11, $lat, 0x19, $lon);
    $batch{$type} .= "set $type:$id 0 0 " . length($value) . "\r\n$value\r\n";
    store($type) if ++$records{$type} == $BATCH;
}
store($_) for keys %records;
print "$stored\n";
