worker_processes Integer(ENV['N'])
listen "127.0.0.1:#{ENV['PORT']}", backlog: 511
