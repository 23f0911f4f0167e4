%% Erlang's own httpd, which serves so many clients at a time.
-module(httpd_server).
-export([start/0, heavy/3, health/3]).

start() ->
    {ok, _} = application:ensure_all_started(inets),
    {ok, _} = inets:start(httpd, [
        {port, list_to_integer(os:getenv("PORT"))}, {bind_address, {127, 0, 0, 1}},
        {server_name, "localhost"}, {server_root, os:getenv("DIR")}, {document_root, os:getenv("DIR")},
        {max_clients, list_to_integer(os:getenv("N"))},
        {modules, [mod_esi]}, {erl_script_alias, {"/esi", [?MODULE]}}]).

heavy(Session, _, "ms=" ++ Milliseconds) ->
    timer:sleep(list_to_integer(Milliseconds)),
    health(Session, none, none).

health(Session, _, _) ->
    mod_esi:deliver(Session, ["Content-Type: text/plain\r\n\r\n", "ok"]).
