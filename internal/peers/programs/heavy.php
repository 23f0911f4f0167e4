<?php
usleep($_GET["ms"] * 1000);
echo "ok";
