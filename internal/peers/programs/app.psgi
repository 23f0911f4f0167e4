use Time::HiRes;

sub {
    my $env = shift;
    Time::HiRes::sleep($1 / 1000) if $env->{PATH_INFO} eq '/heavy' && $env->{QUERY_STRING} =~ /ms=(\d+)/;
    return [200, ['Content-Type' => 'text/plain', 'Content-Length' => 2], ['ok']];
};
