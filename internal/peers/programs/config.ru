require 'rack'

run lambda { |env|
  sleep(Rack::Utils.parse_query(env['QUERY_STRING'])['ms'].to_i / 1000.0) if env['PATH_INFO'] == '/heavy'
  [200, { 'Content-Type' => 'text/plain' }, ['ok']]
}
