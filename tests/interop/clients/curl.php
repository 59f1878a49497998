<?php
// php curl.php ADDRESS KEY RECIPIENT TEXT
[, $address, $key, $recipient, $text] = $argv;

$ch = curl_init();
curl_setopt($ch, CURLOPT_URL, "$address/sendsms/");
curl_setopt($ch, CURLOPT_POST, 1);
curl_setopt($ch, CURLOPT_POSTFIELDS, http_build_query([
    'apikey' => $key,
    'recipients' => $recipient,
    'message' => $text,
    'sendwa' => '1',
    'sendsms' => '1',
]));
curl_setopt($ch, CURLOPT_RETURNTRANSFER, true);
$response = curl_exec($ch);

echo json_decode($response)->result->id;
