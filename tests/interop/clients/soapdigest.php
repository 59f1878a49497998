<?php
// soapdigest.php WSDL NUMBER TEXT: sends twice, with HTTP Digest.
ini_set('soap.wsdl_cache_enabled', '0');
$client = new SoapClient($argv[1], [
    'login' => 'shop', 'password' => 'shop-pw', 'authentication' => SOAP_AUTHENTICATION_DIGEST,
]);
foreach ([1, 2] as $number) {
    $answer = $client->SubmitShortMessage(['request' => [
        'destination' => $argv[2], 'body' => "$argv[3] $number",
    ]]);
    echo $answer->result->code, ' ', $answer->result->messageId, "\n";
}
