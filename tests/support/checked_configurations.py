"""Configurations of nginx and HAProxy that are closed, with everyday directives, and others that are open to a client
without the CA's certificate, with the request by which it gets in. Texts have {port}, {other} (a second free port),
{backend} (a port with an HTTP server that answers with the page), {dir} (the PKI and the case's own files)."""

from tls_client import get

PAGE = "THE-PAGE"

# What nginx answers before it looks at the certificate.
ODD_REQUESTS = {
    "no host": b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n",
    "trace": b"TRACE / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
    "coding": b"POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: x\r\n\r\n",
    "long header": get(headers="X: " + 40000 * "x" + "\r\n"),
    "long path": get("/" + 40000 * "x"),
    "version": b"GET / HTTP/9.1\r\nHost: localhost\r\n\r\n",
    "host": get(host="other.example"),
}


class Case:
    """A configuration: `http`, `server` and `top` are nginx's contexts; `globals`, `defaults`, `bind` (what follows the
    address), `frontend` and `sections` are HAProxy's. `files` are written to the case's directory."""

    def __init__(self, name, *, files=(), request=None, client=None, plain=False, sni="localhost", resume=None, **parts):
        self.name, self.files, self.parts = name, dict(files), parts
        self.request = request or get()
        self.client, self.plain, self.sni, self.resume = client, plain, sni, resume

    def __getattr__(self, part):
        return self.__dict__["parts"].get(part)


def nginx_text(case):
    page = case.page or f'location / {{ return 200 "{PAGE}"; }}'
    verify = "ssl_verify_client on; ssl_client_certificate {dir}/ca/ca.crt;"
    strict = case.strict if case.strict is not None else verify
    return f"""{case.top or ""}
events {{
}}
http {{
  access_log off;
  client_body_temp_path {{own}}/b; proxy_temp_path {{own}}/p; fastcgi_temp_path {{own}}/f;
  uwsgi_temp_path {{own}}/u; scgi_temp_path {{own}}/s;
  {case.http or ""}
  server {{
    listen 127.0.0.1:{{port}} ssl{case.listen or ""};
    server_name localhost;
    ssl_certificate {{dir}}/server.crt;
    ssl_certificate_key {{dir}}/server.key;
    {strict}
    {case.server or ""}
    {page}
  }}
  {case.servers or ""}
}}
"""


def haproxy_text(case):
    bind = case.bind or "ssl crt {dir}/both.pem verify required ca-file {dir}/ca/ca.crt"
    return f"""global
  maxconn 200
{case.globals or ""}
defaults
  mode http
  timeout connect 5s
  timeout client 5s
  timeout server 5s
{case.defaults or ""}
{case.before or ""}
frontend mtls
  bind 127.0.0.1:{{port}} {bind}
{case.frontend or f"  http-request return status 200 content-type text/plain string {PAGE}"}
{case.sections or ""}
"""


PROXY = "location / {{ proxy_pass http://127.0.0.1:{backend}; %s }}"
TLS_SERVER = "listen 127.0.0.1:{port} ssl%s; ssl_certificate {dir}/server.crt; ssl_certificate_key {dir}/server.key;"
VERIFY = "ssl_verify_client on; ssl_client_certificate {dir}/ca/ca.crt;"
DENY = "location = /deny {{ return 403; }}"


def nginx_closed():
    page = f'location / {{{{ return 200 "{PAGE}"; }}}}'
    return [
        Case("plain", page=page),
        Case("proxy", page=PROXY % """proxy_set_header Host $host; proxy_set_header X-Real-IP $remote_addr;
             proxy_set_header X-Client-DN $ssl_client_s_dn; proxy_read_timeout 60s; proxy_connect_timeout 5s;
             proxy_buffering on; proxy_buffers 8 16k; proxy_redirect off; proxy_next_upstream error timeout;"""),
        Case("logging", page=page, top="error_log {own}/error.log warn;", http="""
             log_format main '$remote_addr [$time_local] "$request" $status {{}} "$ssl_client_s_dn"';
             map $status $loggable {{ ~^[23] 0; default 1; }} access_log {own}/access.log main if=$loggable;
             open_log_file_cache max=10;""", server="access_log {own}/server.log main; log_not_found off;"),
        Case("gzip", page=page, http="""gzip on; gzip_types text/plain application/json; gzip_min_length 256; gzip_vary on;
             gzip_proxied any; gzip_comp_level 5; gzip_disable "msie6";"""),
        Case("headers", page=page, server="""add_header Strict-Transport-Security "max-age=63072000; includeSubDomains" always;
             add_header X-Frame-Options DENY; add_header Content-Security-Policy "default-src 'self'"; server_tokens off;
             etag off; expires 1h;"""),
        Case("caching", http="proxy_cache_path {own}/cache keys_zone=pages:1m inactive=1h;",
             page=PROXY % """proxy_cache pages; proxy_cache_valid 200 10m; proxy_cache_key $scheme$host$uri;
             proxy_cache_use_stale error timeout updating; proxy_cache_lock on; proxy_cache_bypass $http_pragma;
             add_header X-Cache $upstream_cache_status;"""),
        Case("static files", files={"www/index.html": PAGE, "mime.types": "types { text/html html; }"}, http="""
             include mime.types; default_type application/octet-stream; sendfile on; tcp_nopush on; tcp_nodelay on;
             open_file_cache max=100 inactive=20s; types_hash_max_size 2048;""",
             page="""root {own}/www; index index.html; location / {{ try_files $uri $uri/ =404; }}
             location ~* \\.(css|js|png)$ {{ expires 30d; access_log off; }} location ~ /\\. {{ deny all; }}
             location /down/ {{ alias {own}/www/; autoindex off; }}"""),
        Case("Debian's mime.types", page=page, http="include /etc/nginx/mime.types;"),
        Case("websocket", http="map $http_upgrade $connection_upgrade {{ default upgrade; '' close; }}",
             page=PROXY % """proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
             proxy_set_header Connection $connection_upgrade; proxy_send_timeout 1h;"""),
        Case("rate limit", http="""limit_req_zone $binary_remote_addr zone=perip:1m rate=50r/s;
             limit_conn_zone $binary_remote_addr zone=addr:1m; limit_req_status 429;""",
             page=PROXY % "limit_req zone=perip burst=20 nodelay; limit_conn addr 20; limit_rate 1m;"),
        Case("maps", page=page, http="""map_hash_bucket_size 128; map $host $name {{ hostnames; default a; *.example.com b; perl c; ssl_engine d; }}
             geo $internal {{ default 0; 10.0.0.0/8 1; }} split_clients $remote_addr $half {{ 50% a; * b; }}
             variables_hash_max_size 2048;"""),
        Case("upstream", http="""upstream app {{ least_conn; zone app 64k; server 127.0.0.1:{backend} max_fails=2 weight=2;
             server 127.0.0.1:1 backup; keepalive 8; }}""",
             page='location / {{ proxy_pass http://app; proxy_http_version 1.1; proxy_set_header Connection ""; }}'),
        Case("error pages", files={"www/50x.html": "sorry"}, page=page, server="""error_page 404 /404.html;
             error_page 500 502 503 504 /50x.html; location = /50x.html {{ root {own}/www; internal; }}
             location = /404.html {{ root {own}/www; }}"""),
        Case("a page for all errors", files={"www/error.html": "sorry"}, page=page, server="""
             error_page 400 401 402 403 404 405 /error.html; location = /error.html {{ root {own}/www; internal; }}"""),
        Case("plain HTTP is sent on", page=page, server="error_page 497 =301 https://$host:$server_port$request_uri;"),
        Case("refusal by a named location", page=page,
             server="error_page 495 496 = @deny; location @deny {{ return 403 \"no certificate\\n\"; }}"),
        Case("refusal by an exact location", page=page, server=f"error_page 494 495 496 497 = /deny; {DENY}"),
        Case("refusal from http", page=page, http="error_page 495 496 /deny;", server=DENY.replace("= /", "=/")),
        Case("access lists", page="""location / {{ allow 127.0.0.1; deny all; satisfy all; auth_basic off;
             proxy_pass http://127.0.0.1:{backend}; auth_request /auth; }}
             location = /auth {{ internal; return 204; }}"""),
        Case("rewriting without error pages", page=page, server="""set $upper 1; rewrite ^/old/(.*)$ /new/$1 permanent;
             if ($request_method !~ ^(GET|HEAD|POST)$) {{ return 405; }} if ($http_user_agent ~* bot) {{ return 403; }}"""),
        Case("redirect from another port", page=page, servers="""server {{ listen 127.0.0.1:{other} default_server;
             server_name _; location /.well-known/ {{ root {own}; }} location / {{ return 301 https://$host$request_uri; }} }}"""),
        Case("catch-all", page=page, servers="server {{ " + TLS_SERVER % " default_server" +
             " server_name _; server_tokens off; access_log off; return 444; }}"),
        Case("catch-all without a handshake", page=page, servers="""server {{ listen 127.0.0.1:{port} ssl default_server;
             server_name _; ssl_reject_handshake on; return 444; }}"""),
        Case("TLS settings", page=page, listen=" http2", server="""ssl_protocols TLSv1.2 TLSv1.3; ssl_ciphers HIGH:!aNULL;
             ssl_prefer_server_ciphers on; ssl_session_cache shared:s:1m; ssl_session_timeout 10m; ssl_session_tickets off;
             ssl_ecdh_curve prime256v1; ssl_buffer_size 8k; ssl_verify_depth 3; ssl_early_data off; ssl_stapling off;
             ssl_conf_command Options PrioritizeChaCha;"""),
        Case("sizes and times", page=page, top="worker_rlimit_nofile 1024; pcre_jit on;", http="""client_max_body_size 10m;
             client_body_buffer_size 16k; client_header_timeout 10s; client_body_timeout 10s; send_timeout 10s;
             keepalive_timeout 65; keepalive_requests 100; large_client_header_buffers 4 8k; reset_timedout_connection on;
             server_names_hash_bucket_size 64; resolver 127.0.0.1 valid=10s; underscores_in_headers off;"""),
        Case("status", page=page, server="location = /status {{ stub_status; allow 127.0.0.1; deny all; }}", servers="""
             server {{ listen 127.0.0.1:{other}; location / {{ stub_status; }} }}"""),
        Case("content filters", page=page, server="""charset utf-8; sub_filter a.example b.example; sub_filter_once off;
             ssi on; chunked_transfer_encoding on; gunzip on; merge_slashes on; absolute_redirect off;"""),
        Case("real addresses", page=page, server="""set_real_ip_from 10.0.0.0/8; real_ip_header X-Forwarded-For;
             real_ip_recursive on;"""),
        Case("applications", page=page, files={"fastcgi_params": "fastcgi_param QUERY_STRING $query_string;\n"}, server="""
             location ~ \\.php$ {{ include fastcgi_params; fastcgi_pass unix:/run/none.sock; fastcgi_index index.php;
             fastcgi_param SSL_CLIENT_DN $ssl_client_s_dn; }} location /app/ {{ include /etc/nginx/uwsgi_params;
             uwsgi_pass 127.0.0.1:1; }}"""),
        Case("two names", page=page, servers="server {{ " + TLS_SERVER % "" + " server_name other; " + VERIFY +
             " return 200 other; }}"),
        Case("settings in http", page=page, strict="", http=VERIFY + " ssl_verify_depth 2;"),
        Case("mirroring", server="location /copy {{ internal; proxy_pass http://127.0.0.1:1; }}",
             page=PROXY % "mirror /copy; mirror_request_body off; proxy_ssl_verify off; proxy_ssl_server_name on;"),
    ]


def nginx_open():
    page = f'location / {{{{ return 200 "{PAGE}"; }}}}'
    inside = f'location = /in {{{{ return 200 "{PAGE}"; }}}} location / {{{{ return 200 "{PAGE}"; }}}}'
    odd = ODD_REQUESTS
    deny = f"error_page 495 496 = /deny; {DENY}"
    return [
        Case("return in the server", server=f'{deny} return 200 "{PAGE}";'),
        Case("rewrite in the server", page=inside, server=f"{deny} rewrite ^/deny /in last;"),
        Case("if in the server", page=page, server=f'{deny} if ($uri = /deny) {{{{ return 200 "{PAGE}"; }}}}'),
        Case("set and if in the server", page=page,
             server=f'{deny} set $a "x"; if ($a = "x") {{{{ return 200 "{PAGE}"; }}}}'),
        Case("a page for no certificate", page=inside, server="error_page 496 =200 /in;"),
        Case("in http", page=inside, http="error_page 496 =200 /in;"),
        Case("a number with a zero", page=inside, server="error_page 0496 =200 /in;"),
        Case("a location by prefix", server=f"error_page 496 = /deny; location /deny {{{{ return 403; }}}}",
             page=f'location ~ deny {{{{ return 200 "{PAGE}"; }}}}'),
        Case("a location with more", page=page,
             server=f'error_page 496 = /deny; location = /deny {{{{ if ($uri) {{{{ return 200 "{PAGE}"; }}}} return 403; }}}}'),
        Case("recursion in capitals", page=inside,
             server=f"recursive_error_pages ON; error_page 403 =200 /in; error_page 496 = /deny; {DENY}"),
        Case("a backslash that stays", page=page, server="error_page 496 = /a\\;b; location = \"/a;b\" {{ return 403; }}"),
        Case("a header that is too long", page=inside, server="error_page 494 =200 /in;", request=odd["long header"]),
        Case("plain HTTP", page=inside, server="error_page 497 =200 /in;", plain=True),
        Case("no Host", page=inside, server="error_page 400 =200 /in;", request=odd["no host"]),
        Case("TRACE", page=inside, server="error_page 405 =200 /in;", request=odd["trace"]),
        Case("a path that is too long", page=inside, server="error_page 414 =200 /in;", request=odd["long path"]),
        Case("an unknown coding", page=inside, server="error_page 501 =200 /in;", request=odd["coding"]),
        Case("an unknown version", page=inside, server="error_page 505 =200 /in;", request=odd["version"]),
        Case("another name", page=inside, server="error_page 421 =200 /in;", request=odd["host"], servers="server {{ " +
             TLS_SERVER % "" + " server_name other.example; " + VERIFY + " return 200 other; }}"),
        Case("a page that inserts another one", files={"www/400.html": "<!--#include virtual='/in' -->"}, page=inside,
             server="ssi on; error_page 400 =200 /400.html; location = /400.html {{ root {own}/www; }}",
             request=odd["no host"]),
        Case("a file with a harmless name", page=page, files={"mime.types": "ssl_verify_client off;\n"}, strict="""
             include mime.types; ssl_client_certificate {dir}/ca/ca.crt;""", http="ssl_verify_client on;"),
        Case("the Host of a server without a handshake", page=page, request=odd["host"], servers="""server {{
             listen 127.0.0.1:{port} ssl default_server; ssl_reject_handshake on; server_name other.example;
             location / {{ return 200 """ + f'"{PAGE}"; }}}} }}}}'),
        Case("a catch-all with another CA", page=page, client="stranger", sni=None, servers="server {{ " +
             TLS_SERVER % " default_server" + """ server_name _; ssl_verify_client on;
             ssl_client_certificate {dir}/other/ca.crt; return 444; }}"""),
        Case("verification by OpenSSL's own command", page=page, client="stranger",
             server="ssl_conf_command verifycafile {dir}/other/ca.crt;"),
    ]


GOOD = "ssl crt {dir}/both.pem verify required ca-file {dir}/ca/ca.crt"
BACK = "  default_backend app\n"
APP = "backend app\n  server one 127.0.0.1:{backend}\n"
RETURN = f"  http-request return status 200 content-type text/plain string {PAGE}\n"


def haproxy_closed():
    return [
        Case("plain"),
        Case("logging", globals="  log 127.0.0.1:514 local0 info\n", defaults="""  log global
  option httplog
  option dontlognull
  option log-health-checks
  log-format "%ci:%cp [%tr] %ft %ST %{{+Q}}r %[ssl_c_s_dn]"
""", frontend="  option logasap\n  unique-id-format %{{+X}}o%ci\n" + RETURN),
        Case("proxy", frontend="  option forwardfor\n  option http-server-close\n" + BACK, sections="""backend app
  balance roundrobin
  option httpchk GET /
  http-reuse safe
  cookie SRV insert indirect nocache
  retries 2
  option redispatch
  default-server inter 3s fall 3 rise 2 maxconn 50
  server one 127.0.0.1:{backend} cookie a weight 10
  server two 127.0.0.1:1 backup check
"""),
        Case("compression", frontend="""  compression algo gzip
  compression type text/html text/plain
  filter compression
""" + RETURN),
        Case("headers", frontend="""  http-request set-header X-Forwarded-Proto https
  http-request set-header X-SSL-Client-CN %{{+Q}}[ssl_c_s_dn(cn)]
  http-request del-header X-Admin
  http-response set-header Strict-Transport-Security "max-age=31536000; includeSubDomains"
  http-response del-header Server
""" + RETURN),
        Case("access lists", frontend="""  acl internal src 127.0.0.0/8 10.0.0.0/8
  acl api path_beg /api
  acl ssl hdr(host) -i ssl.example
  http-request deny deny_status 403 if !internal
  use_backend app if api or ssl
""" + BACK, sections=APP),
        Case("stick tables", frontend="""  stick-table type ip size 100k expire 30s store http_req_rate(10s),conn_cur
  http-request track-sc0 src
  http-request deny deny_status 429 if {{ sc_http_req_rate(0) gt 100 }}
  tcp-request connection reject if {{ src_conn_cur ge 100 }}
""" + RETURN),
        Case("timeouts", defaults="""  timeout http-request 5s
  timeout http-keep-alive 10s
  timeout queue 10s
  timeout tunnel 1h
  timeout check 2s
  timeout client-fin 1s
""", frontend="  option http-keep-alive\n  option splice-auto\n  maxconn 100\n" + RETURN),
        Case("stats", globals="  stats socket {own}/admin.sock mode 600 level admin expose-fd listeners\n  stats timeout 30s\n",
             sections="""listen stats
  bind 127.0.0.1:{other} name ssl
  stats enable
  stats uri /stats
  stats refresh 10s
  stats auth admin:verify
"""),
        Case("redirect from another port", sections="""frontend plain
  bind 127.0.0.1:{other}
  http-request redirect scheme https code 301 unless {{ ssl_fc }}
"""),
        Case("caching", frontend="  http-request cache-use pages\n  http-response cache-store pages\n" + BACK, sections=APP + """
cache pages
  total-max-size 4
  max-age 60
"""),
        Case("maps", files={"hosts.map": "localhost app\n"}, sections=APP,
             frontend="  use_backend %[req.hdr(host),lower,map({own}/hosts.map,app)]\n"),
        Case("error pages", files={"503.http": "HTTP/1.0 503 Sorry\r\n\r\nsorry"}, defaults="  errorfile 503 {own}/503.http\n",
             frontend="  errorloc302 500 https://sorry.example/\n" + RETURN, sections="""http-errors mine
  errorfile 503 {own}/503.http
"""),
        Case("a back end with TLS", frontend=RETURN, sections="""backend secure
  default-server ssl verify none
  server one 127.0.0.1:1 ssl verify none sni str(a.example) check-ssl crt {dir}/both.pem alpn h2
"""),
        Case("users", sections="userlist people\n  user a insecure-password ssl\n  group g users a\n",
             frontend="  http-request auth realm x if {{ path /admin }} !{{ http_auth(people) }}\n" + RETURN),
        Case("resolvers", sections="""resolvers dns
  nameserver one 127.0.0.1:53
  hold valid 10s
mailers mail
  mailer one 127.0.0.1:25
"""),
        Case("global settings", globals="""  nbthread 2
  tune.bufsize 32768
  tune.ssl.default-dh-param 2048
  tune.ssl.lifetime 300
  tune.ssl.maxrecord 1460
  ca-base {dir}/ca
  crt-base {dir}
  ssl-default-bind-ciphers ECDHE+AESGCM:ECDHE+CHACHA20
  ssl-default-bind-ciphersuites TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256
  ssl-default-bind-options ssl-min-ver TLSv1.2 no-tls-tickets prefer-client-ciphers
  ssl-default-server-options ssl-min-ver TLSv1.2
  ssl-load-extra-files none
  hard-stop-after 5s
""", bind="ssl crt both.pem verify required ca-file ca.crt"),
        Case("a long bind line", bind="name mtls id 7 maxconn 100 backlog 128 nice 5 defer-accept tfo v4v6 mss 1400 " + GOOD +
             " alpn h2,http/1.1 ciphers HIGH curves X25519:P-256 ssl-min-ver TLSv1.2 ssl-max-ver TLSv1.3 no-ca-names"
             " strict-sni prefer-client-ciphers interface lo"),
        Case("values that look like keywords", files={"ssl": "both.pem"}, globals="  crt-base {own}\n",
             bind="name verify ssl crt ssl verify required ca-file {dir}/ca/ca.crt"),
        Case("a crt-list", files={"list": "# names\n{dir}/both.pem localhost\n{dir}/both.pem [alpn h2,http/1.1] *.example\n"
                                  "{dir}/both.pem [verify required ca-file {dir}/ca/ca.crt] a.example\n"},
             bind="ssl crt-list {own}/list verify required ca-file {dir}/ca/ca.crt"),
        Case("TCP", sections="listen tcp\n  mode tcp\n  bind 127.0.0.1:{other}\n  option tcplog\n  server one 127.0.0.1:1\n"),
        Case("variables", frontend="""  http-request set-var(txn.path) path
  http-request capture req.hdr(User-Agent) len 64
  capture request header Host len 32
  http-response set-header X-Path %[var(txn.path)]
  monitor-uri /alive
""" + RETURN),
        Case("peers", sections="""peers mine
  peer local 127.0.0.1:{other}
  table t type ip size 1k store http_req_rate(10s)
""", globals="  localpeer local\n"),
        Case("another port as strict", sections="frontend more\n  bind 127.0.0.1:{other} " + GOOD + "\n" + RETURN),
        Case("another port without sessions", globals="  tune.ssl.cachesize 0\n",
             sections="frontend public\n  bind 127.0.0.1:{other} ssl crt {dir}/both.pem\n" + RETURN),
        Case("quotes", bind='"ssl" crt "{dir}/both.pem" verify \'required\' ca-file {dir}/ca/ca.crt # verify none'),
    ]


def haproxy_open():
    public = "frontend public\n  bind 127.0.0.1:{other} ssl crt {dir}/both.pem%s\n  http-request return status 200\n"
    return [
        Case("a certificate named ssl", files={"ssl": "both.pem"}, globals="  crt-base {own}\n", plain=True,
             bind="crt ssl ca-file {dir}/ca/ca.crt verify required"),
        Case("an interface, a name, a group", plain=True,
             bind="name ssl crt {dir}/both.pem ca-file {dir}/ca/ca.crt verify required"),
        Case("ssl as ciphers", plain=True, bind="ciphers ssl crt {dir}/both.pem ca-file {dir}/ca/ca.crt verify required"),
        Case("optional", bind="ssl crt {dir}/both.pem verify optional ca-file {dir}/ca/ca.crt"),
        Case("a carriage return ends the line", bind="ssl crt {dir}/both.pem\r verify required ca-file {dir}/ca/ca.crt"),
        Case("other white space", before="frontend open\n\fbind\v127.0.0.1:{port} ssl crt {dir}/both.pem\n" + RETURN,
             bind=GOOD + " process 1"),
        Case("an escape in quotes", client="stranger", bind=GOOD.replace("{dir}/ca/ca.crt", '"{own}/a\\ b.crt"'),
             files={"a b.crt": "other/ca.crt", "a\\ b.crt": "ca/ca.crt"}),
        Case("a crt-list", files={"list": "{dir}/both.pem [verify none] localhost\n"},
             bind="ssl crt-list {own}/list verify required ca-file {dir}/ca/ca.crt"),
        Case("a crt-list with another CA", client="stranger",
             files={"list": "{dir}/both.pem [ca-file {dir}/other/ca.crt]\n"},
             bind="ssl crt-list {own}/list verify required ca-file {dir}/ca/ca.crt"),
        Case("errors are ignored", client="stranger", bind=GOOD + " ca-ignore-err all crt-ignore-err all"),
        Case("a variable of several words", globals='  setenv ARGS "{dir}/both.pem verify none"\n',
             bind='ssl verify required ca-file {dir}/ca/ca.crt crt "${{ARGS[*]}}"'),
        Case("a session of another port", sections=public % "", resume=["-tls1_2", "-no_ticket"]),
        Case("a session of a port that asks", sections=public % " verify optional ca-file {dir}/ca/ca.crt",
             resume=["-tls1_2", "-no_ticket"]),
        Case("tickets of another port", files={"keys": "tickets"}, globals="  tune.ssl.cachesize 0\n",
             bind=GOOD + " tls-ticket-keys {own}/keys", sections=public % " tls-ticket-keys {own}/keys", resume=["-tls1_3"]),
    ]
