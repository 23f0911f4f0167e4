use Mojolicious::Lite -signatures;
use Time::HiRes;

app->log->level('error');

get '/heavy' => sub ($c) {
    Time::HiRes::sleep($c->param('ms') / 1000);
    $c->render(text => 'ok');
};

get '/health' => sub ($c) { $c->render(text => 'ok') };

app->start;
