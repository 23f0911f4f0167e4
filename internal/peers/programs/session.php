<?php
session_save_path(__DIR__);
session_id("everybody");
session_start();
usleep($_GET["ms"] * 1000);
echo "ok";
