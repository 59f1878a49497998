<?php
// php shop.php NUMBER TEXT: written fifteen years ago, and nobody dares touch it.
ini_set('soap.wsdl_cache_enabled', '0');
$client = new SoapClient(getenv('SMS_URL') . '/sendsms/wsdl/sendsms.wsdl');
try {
    $answer = json_decode($client->sendSms($argv[1], $argv[2], getenv('SMS_KEY')));
    echo 'sent as ', $answer->result->id, "\n";
} catch (SoapFault $fault) {
    echo 'not sent: ', $fault->getMessage(), "\n";
}
