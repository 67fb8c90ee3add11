<?php
// SPDX-License-Identifier: Apache-2.0
// Opens an encrypted private key (its file is the argument) with a wrong password, and prints what
// OpenSSL says of that.
$key = openssl_pkey_get_private('file://' . $argv[1], 'wrong');
echo $key === false ? "refused\n" : "opened\n";
while (($error = openssl_error_string()) !== false) {
    echo "$error\n";
}
