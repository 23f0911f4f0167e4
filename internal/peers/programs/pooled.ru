require 'connection_pool'
require 'rack'

POOL = ConnectionPool.new(size: ENV['N'].to_i, timeout: 60) { Object.new }

run lambda { |env|
  if env['PATH_INFO'] == '/heavy'
    POOL.with { sleep(Rack::Utils.parse_query(env['QUERY_STRING'])['ms'].to_i / 1000.0) }
  end
  [200, { 'Content-Type' => 'text/plain' }, ['ok']]
}
