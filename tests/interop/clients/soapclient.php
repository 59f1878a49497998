<?php
// php soapclient.php WSDL KEY RECIPIENT TEXT 1.1|1.2
[, $wsdl, $key, $recipient, $text, $version] = $argv;

try {
    $client = new SoapClient($wsdl, [
        'soap_version' => $version === '1.2' ? SOAP_1_2 : SOAP_1_1,
        'cache_wsdl' => WSDL_CACHE_NONE,
    ]);
    $result = $client->sendSms($recipient, $text, $key);
    echo json_decode($result)->result->id;
} catch (SoapFault $fault) {
    echo "SoapFault $fault->faultcode: $fault->faultstring";
}
