<?php
// What this service knows of SMS: one call over SOAP, and two ways in which it can end badly.
class Refused extends RuntimeException {}
class OutcomeUnknown extends RuntimeException {}

function send(string $number, string $text): string
{
    $client = new SoapClient(getenv('SMS_URL') . '/sendsms/wsdl/sendsms.wsdl', [
        'cache_wsdl' => WSDL_CACHE_NONE,
        'connection_timeout' => 10,
    ]);
    try {
        $answer = $client->sendSms($number, $text, getenv('SMS_KEY'));
    } catch (SoapFault $fault) {
        if (str_ends_with($fault->faultcode, ':Client')) {
            throw new Refused($fault->getMessage());
        }
        throw new OutcomeUnknown('it may have been sent: never repeat it blindly', 0, $fault);
    }
    return json_decode($answer)->result->id ?? throw new OutcomeUnknown('it says no id');
}
