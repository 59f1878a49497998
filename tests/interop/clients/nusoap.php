<?php
// php nusoap.php URL KEY RECIPIENT TEXT LIBRARY
[, $url, $key, $recipient, $text, $library] = $argv;
require_once $library;

$client = new nusoap_client($url, str_ends_with($url, '.wsdl'));
$result = $client->call('sendSms', [
    'recipients' => $recipient,
    'message' => $text,
    'apikey' => $key,
]);

if ($client->fault) {
    echo "SoapFault $result[faultcode]: $result[faultstring]";
} elseif ($client->getError()) {
    fwrite(STDERR, $client->getError());
    exit(1);
} else {
    echo json_decode($result)->result->id;
}
