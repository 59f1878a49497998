# ruby nethttp.rb ADDRESS KEY RECIPIENT TEXT
require 'json'
require 'net/http'

address, key, recipient, text = ARGV
uri = URI("#{address}/sendsms/")
response = Net::HTTP.post_form(uri, 'apikey' => key, 'recipients' => recipient, 'message' => text)

puts JSON.parse(response.body)['result']['id']
