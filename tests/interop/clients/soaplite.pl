# perl -CA soaplite.pl ADDRESS KEY RECIPIENT TEXT wsdl|positional
use strict;
use warnings;
use JSON::PP;
use SOAP::Lite;

my ($address, $key, $recipient, $text, $how) = @ARGV;
my $client =
    $how eq 'wsdl'
    ? SOAP::Lite->service("$address/sendsms/wsdl/sendsms.wsdl")
    : SOAP::Lite->proxy("$address/sendsms/wsdl/server.php")->uri('urn:sendsms');
$client->on_fault(sub {
    my (undef, $fault) = @_;
    die $fault unless ref $fault;
    print 'SoapFault ', $fault->faultcode, ': ', $fault->faultstring, "\n";
    exit;
});

my $answer = $client->sendSms($recipient, $text, $key);
$answer = $answer->result if ref $answer;
print decode_json($answer)->{result}{id}, "\n";
