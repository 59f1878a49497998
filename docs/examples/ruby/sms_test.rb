# Tests of sms.rb, against the `smsbridge mock` that SMS_URL names.
require 'minitest/autorun'
require_relative 'sms'

class SmsTest < Minitest::Test
  def control = URI("#{ENV.fetch('SMS_URL')}/_mock/")
  def messages = JSON.parse(Net::HTTP.get(control + 'messages'))
  def setup = Net::HTTP.post(control + 'reset', '')

  def test_a_message_arrives
    id = Sms.send('+12025550123', 'Crème brûlée, 5 €')
    assert_equal [[id, 'Crème brûlée, 5 €']], messages.map { |one| one.values_at('id', 'text') }
  end

  def test_a_busy_provider_took_nothing
    assert_raises(Sms::NotSent) { Sms.send('+447700900429', 'Hello') }
    assert_empty messages
  end

  def test_a_refusal_is_told
    assert_raises(Sms::Refused) { Sms.send('no number', 'Hello') }
    assert_empty messages
  end

  def test_a_lost_answer_is_not_repeated
    assert_raises(Sms::OutcomeUnknown) { Sms.send('+447700900002', 'Hello') }
    assert_equal 1, messages.length
  end
end
