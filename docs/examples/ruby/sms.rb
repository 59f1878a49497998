# What this service knows of SMS: one call over REST, and three ways in which it can end badly.
require 'json'
require 'net/http'

module Sms
  class NotSent < StandardError; end
  class Refused < StandardError; end
  class OutcomeUnknown < StandardError; end

  def self.send(number, text)
    uri = URI("#{ENV.fetch('SMS_URL')}/sendsms/")
    request = Net::HTTP::Post.new(uri)
    request.set_form_data('apikey' => ENV.fetch('SMS_KEY'), 'recipients' => number, 'message' => text)
    # Net::HTTP repeats some requests by itself, unless it is told not to.
    options = { use_ssl: uri.scheme == 'https', read_timeout: 30, max_retries: 0 }
    answer = Net::HTTP.start(uri.host, uri.port, options) { |http| http.request(request) }
    raise NotSent, 'too many at once: a repeat is safe' if answer.code == '429'
    raise Refused, answer.body if %w[400 403].include?(answer.code)

    JSON.parse(answer.body).dig('result', 'id') or raise OutcomeUnknown, "HTTP #{answer.code}"
  rescue SystemCallError, IOError, Timeout::Error, JSON::ParserError => e
    raise OutcomeUnknown, "it may have been sent, never repeat it blindly: #{e.message}"
  end
end
