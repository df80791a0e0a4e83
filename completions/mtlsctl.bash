# bash completion for mtlsctl. Made by 'mtlsctl completion bash'; do not edit.

_mtlsctl_files() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$cur")
}

_mtlsctl_directories() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

_mtlsctl_words() {
  mapfile -t COMPREPLY < <(compgen -W "$1" -- "$cur")
  # After "file:" or "dns:" the value itself follows, without a space. Readline takes a colon for
  # the end of a word, so what stands before it must not be repeated.
  [[ ${COMPREPLY[0]-} != *: ]] || compopt -o nospace 2>/dev/null
  if [[ $cur == *:* && ${COMP_WORDBREAKS-} == *:* ]]; then
    COMPREPLY=("${COMPREPLY[@]#"${cur%:*}:"}")
  fi
}

# Those of the CA and the directory that the line names.
_mtlsctl_profiles() {
  local i named=()
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    case "${words[i]}" in
      --ca | --profiles) named+=("${words[i]}" "${words[i+1]}") ;;
      --ca=* | --profiles=*) named+=("${words[i]}") ;;
    esac
  done
  _mtlsctl_words "$("${words[0]}" profile list "${named[@]}" 2>/dev/null | cut -d ' ' -f 1)"
}

_mtlsctl() {
  local cur prev command='' word i line words topics=''
  COMPREPLY=()
  # The line up to the cursor, split at blanks alone: colons belong to words.
  line=${COMP_LINE:0:COMP_POINT}
  read -ra words <<<"$line"
  [[ $line != *[[:blank:]] ]] || words+=('')
  cur=${words[${#words[@]}-1]}
  prev=${words[${#words[@]}-2]}
  for ((i = 1; i < ${#words[@]} - 1; i++)); do
    word=${words[i]}
    # Some options may come before the command; "help" is followed by a command's words.
    case "$word" in
      --ca | --store | --trace | --actor) ((++i)); continue ;;
      -*) continue ;;
    esac
    if [[ -z $command && $word == help ]]; then topics=' exit-codes'; continue; fi
    case "$command${command:+ }$word" in
      'ca' | 'ca init' | 'ca adopt' | 'ca sign' | 'ca show' | 'ca export' | 'client' | 'client issue' | 'server' | 'server issue' | 'key' | 'key generate' | 'csr' | 'csr create' | 'verify' | 'serve' | 'probe' | 'inspect' | 'cert' | 'cert list' | 'cert show' | 'cert export' | 'store' | 'store migrate' | 'store copy' | 'store check' | 'store repair' | 'store backup' | 'store accept-rollback' | 'store accept-clock' | 'store accept-loss' | 'store import' | 'store export' | 'log' | 'log show' | 'log verify' | 'log head' | 'render' | 'profile' | 'profile list' | 'profile show' | 'profile check' | 'completion' | 'version' | 'help') command+="${command:+ }$word" ;;
      *) break ;;
    esac
  done
  case "$command:$prev" in
    ':--ca') _mtlsctl_directories; return ;;
    ':--store') :; return ;;
    ':--trace') _mtlsctl_files; return ;;
    ':--actor') :; return ;;
    'ca:--ca') _mtlsctl_directories; return ;;
    'ca:--store') :; return ;;
    'ca:--trace') _mtlsctl_files; return ;;
    'ca:--actor') :; return ;;
    'ca init:--parent') _mtlsctl_directories; return ;;
    'ca init:--path-length') :; return ;;
    'ca init:--permit') _mtlsctl_words 'dns: ip: email: uri: dn:'; return ;;
    'ca init:--exclude') _mtlsctl_words 'dns: ip: email: uri: dn:'; return ;;
    'ca init:--profile') _mtlsctl_profiles; return ;;
    'ca init:--subject') :; return ;;
    'ca init:--country') :; return ;;
    'ca init:--state') :; return ;;
    'ca init:--locality') :; return ;;
    'ca init:--organization') :; return ;;
    'ca init:--unit') :; return ;;
    'ca init:--common-name') :; return ;;
    'ca init:--email') :; return ;;
    'ca init:--days') :; return ;;
    'ca init:--validity') :; return ;;
    'ca init:--not-after') :; return ;;
    'ca init:--key-type') _mtlsctl_words 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p521 ed25519'; return ;;
    'ca init:--keygen') _mtlsctl_words 'standard provider'; return ;;
    'ca init:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'ca init:--ca') _mtlsctl_directories; return ;;
    'ca init:--store') :; return ;;
    'ca init:--lock-timeout') :; return ;;
    'ca init:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'ca init:--profiles') _mtlsctl_directories; return ;;
    'ca init:--trace') _mtlsctl_files; return ;;
    'ca init:--actor') :; return ;;
    'ca adopt:--chain') _mtlsctl_files; return ;;
    'ca adopt:--profile') _mtlsctl_profiles; return ;;
    'ca adopt:--days') :; return ;;
    'ca adopt:--validity') :; return ;;
    'ca adopt:--not-after') :; return ;;
    'ca adopt:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'ca adopt:--ca') _mtlsctl_directories; return ;;
    'ca adopt:--store') :; return ;;
    'ca adopt:--lock-timeout') :; return ;;
    'ca adopt:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'ca adopt:--profiles') _mtlsctl_directories; return ;;
    'ca adopt:--trace') _mtlsctl_files; return ;;
    'ca adopt:--actor') :; return ;;
    'ca sign:--output') _mtlsctl_files; return ;;
    'ca sign:-o') _mtlsctl_files; return ;;
    'ca sign:--profile') _mtlsctl_profiles; return ;;
    'ca sign:--san') _mtlsctl_words 'dns: ip: email: uri:'; return ;;
    'ca sign:--request-key') :; return ;;
    'ca sign:--subject') :; return ;;
    'ca sign:--country') :; return ;;
    'ca sign:--state') :; return ;;
    'ca sign:--locality') :; return ;;
    'ca sign:--organization') :; return ;;
    'ca sign:--unit') :; return ;;
    'ca sign:--common-name') :; return ;;
    'ca sign:--email') :; return ;;
    'ca sign:--days') :; return ;;
    'ca sign:--validity') :; return ;;
    'ca sign:--not-after') :; return ;;
    'ca sign:--ca') _mtlsctl_directories; return ;;
    'ca sign:--store') :; return ;;
    'ca sign:--lock-timeout') :; return ;;
    'ca sign:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'ca sign:--profiles') _mtlsctl_directories; return ;;
    'ca sign:--trace') _mtlsctl_files; return ;;
    'ca sign:--actor') :; return ;;
    'ca show:--ca') _mtlsctl_directories; return ;;
    'ca show:--store') :; return ;;
    'ca show:--lock-timeout') :; return ;;
    'ca show:--profiles') _mtlsctl_directories; return ;;
    'ca show:--trace') _mtlsctl_files; return ;;
    'ca show:--actor') :; return ;;
    'ca export:--ca') _mtlsctl_directories; return ;;
    'ca export:--store') :; return ;;
    'ca export:--lock-timeout') :; return ;;
    'ca export:--output') _mtlsctl_files; return ;;
    'ca export:-o') _mtlsctl_files; return ;;
    'ca export:--trace') _mtlsctl_files; return ;;
    'ca export:--actor') :; return ;;
    'client:--ca') _mtlsctl_directories; return ;;
    'client:--store') :; return ;;
    'client:--trace') _mtlsctl_files; return ;;
    'client:--actor') :; return ;;
    'client issue:--name') :; return ;;
    'client issue:--out-dir') _mtlsctl_directories; return ;;
    'client issue:--san') _mtlsctl_words 'dns: ip: email: uri:'; return ;;
    'client issue:--csr') _mtlsctl_files; return ;;
    'client issue:--key') _mtlsctl_files; return ;;
    'client issue:--profile') _mtlsctl_profiles; return ;;
    'client issue:--request-key') :; return ;;
    'client issue:--subject') :; return ;;
    'client issue:--country') :; return ;;
    'client issue:--state') :; return ;;
    'client issue:--locality') :; return ;;
    'client issue:--organization') :; return ;;
    'client issue:--unit') :; return ;;
    'client issue:--common-name') :; return ;;
    'client issue:--email') :; return ;;
    'client issue:--days') :; return ;;
    'client issue:--validity') :; return ;;
    'client issue:--not-after') :; return ;;
    'client issue:--key-type') _mtlsctl_words 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p521 ed25519'; return ;;
    'client issue:--keygen') _mtlsctl_words 'standard provider'; return ;;
    'client issue:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'client issue:--ca') _mtlsctl_directories; return ;;
    'client issue:--store') :; return ;;
    'client issue:--lock-timeout') :; return ;;
    'client issue:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'client issue:--profiles') _mtlsctl_directories; return ;;
    'client issue:--trace') _mtlsctl_files; return ;;
    'client issue:--actor') :; return ;;
    'server:--ca') _mtlsctl_directories; return ;;
    'server:--store') :; return ;;
    'server:--trace') _mtlsctl_files; return ;;
    'server:--actor') :; return ;;
    'server issue:--name') :; return ;;
    'server issue:--out-dir') _mtlsctl_directories; return ;;
    'server issue:--san') _mtlsctl_words 'dns: ip: email: uri:'; return ;;
    'server issue:--csr') _mtlsctl_files; return ;;
    'server issue:--key') _mtlsctl_files; return ;;
    'server issue:--profile') _mtlsctl_profiles; return ;;
    'server issue:--request-key') :; return ;;
    'server issue:--subject') :; return ;;
    'server issue:--country') :; return ;;
    'server issue:--state') :; return ;;
    'server issue:--locality') :; return ;;
    'server issue:--organization') :; return ;;
    'server issue:--unit') :; return ;;
    'server issue:--common-name') :; return ;;
    'server issue:--email') :; return ;;
    'server issue:--days') :; return ;;
    'server issue:--validity') :; return ;;
    'server issue:--not-after') :; return ;;
    'server issue:--key-type') _mtlsctl_words 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p521 ed25519'; return ;;
    'server issue:--keygen') _mtlsctl_words 'standard provider'; return ;;
    'server issue:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'server issue:--ca') _mtlsctl_directories; return ;;
    'server issue:--store') :; return ;;
    'server issue:--lock-timeout') :; return ;;
    'server issue:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'server issue:--profiles') _mtlsctl_directories; return ;;
    'server issue:--trace') _mtlsctl_files; return ;;
    'server issue:--actor') :; return ;;
    'key:--ca') _mtlsctl_directories; return ;;
    'key:--store') :; return ;;
    'key:--trace') _mtlsctl_files; return ;;
    'key:--actor') :; return ;;
    'key generate:--output') _mtlsctl_files; return ;;
    'key generate:-o') _mtlsctl_files; return ;;
    'key generate:--key-type') _mtlsctl_words 'rsa:2048 rsa:3072 rsa:4096 ec:p256 ec:p384 ec:p521 ed25519'; return ;;
    'key generate:--keygen') _mtlsctl_words 'standard provider'; return ;;
    'key generate:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'key generate:--trace') _mtlsctl_files; return ;;
    'key generate:--actor') :; return ;;
    'csr:--ca') _mtlsctl_directories; return ;;
    'csr:--store') :; return ;;
    'csr:--trace') _mtlsctl_files; return ;;
    'csr:--actor') :; return ;;
    'csr create:--key') _mtlsctl_files; return ;;
    'csr create:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'csr create:--output') _mtlsctl_files; return ;;
    'csr create:-o') _mtlsctl_files; return ;;
    'csr create:--san') _mtlsctl_words 'dns: ip: email: uri:'; return ;;
    'csr create:--challenge-password') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'csr create:--company-name') :; return ;;
    'csr create:--subject') :; return ;;
    'csr create:--country') :; return ;;
    'csr create:--state') :; return ;;
    'csr create:--locality') :; return ;;
    'csr create:--organization') :; return ;;
    'csr create:--unit') :; return ;;
    'csr create:--common-name') :; return ;;
    'csr create:--email') :; return ;;
    'csr create:--trace') _mtlsctl_files; return ;;
    'csr create:--actor') :; return ;;
    'verify:--ca') _mtlsctl_directories; return ;;
    'verify:--store') :; return ;;
    'verify:--lock-timeout') :; return ;;
    'verify:--trust') _mtlsctl_files; return ;;
    'verify:--untrusted') _mtlsctl_files; return ;;
    'verify:--revocation-ca') _mtlsctl_directories; return ;;
    'verify:--trust-fingerprint') :; return ;;
    'verify:--purpose') _mtlsctl_words 'client server any'; return ;;
    'verify:--host') :; return ;;
    'verify:--at') :; return ;;
    'verify:--key') _mtlsctl_files; return ;;
    'verify:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'verify:--trace') _mtlsctl_files; return ;;
    'verify:--actor') :; return ;;
    'serve:--listen') :; return ;;
    'serve:--cert') _mtlsctl_files; return ;;
    'serve:--key') _mtlsctl_files; return ;;
    'serve:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'serve:--client-ca') _mtlsctl_files; return ;;
    'serve:--crl') _mtlsctl_files; return ;;
    'serve:--revocation-ca') _mtlsctl_directories; return ;;
    'serve:--client-auth') _mtlsctl_words 'require optional none'; return ;;
    'serve:--tls-min') _mtlsctl_words '1.2 1.3'; return ;;
    'serve:--san') _mtlsctl_words 'dns: ip: email: uri:'; return ;;
    'serve:--timeout') :; return ;;
    'serve:--idle-timeout') :; return ;;
    'serve:--max-connections') :; return ;;
    'serve:--ca') _mtlsctl_directories; return ;;
    'serve:--store') :; return ;;
    'serve:--lock-timeout') :; return ;;
    'serve:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'serve:--trace') _mtlsctl_files; return ;;
    'serve:--actor') :; return ;;
    'probe:--cert') _mtlsctl_files; return ;;
    'probe:--key') _mtlsctl_files; return ;;
    'probe:--key-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'probe:--trust') _mtlsctl_files; return ;;
    'probe:--resolve') :; return ;;
    'probe:--sni') :; return ;;
    'probe:--host-header') :; return ;;
    'probe:--alt-sni') :; return ;;
    'probe:--proxy') :; return ;;
    'probe:--neighbour') :; return ;;
    'probe:--neighbour-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'probe:--tls') :; return ;;
    'probe:--require') _mtlsctl_words 'any handshake'; return ;;
    'probe:--repeat') :; return ;;
    'probe:--compare') _mtlsctl_files; return ;;
    'probe:--ca') _mtlsctl_directories; return ;;
    'probe:--probe-ca') _mtlsctl_directories; return ;;
    'probe:--identity') :; return ;;
    'probe:--revoked-cert') _mtlsctl_files; return ;;
    'probe:--revoked-key') _mtlsctl_files; return ;;
    'probe:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'probe:--lock-timeout') :; return ;;
    'probe:--timeout') :; return ;;
    'probe:--wait') :; return ;;
    'probe:--jobs') :; return ;;
    'probe:--trace') _mtlsctl_files; return ;;
    'probe:--actor') :; return ;;
    'inspect:--trace') _mtlsctl_files; return ;;
    'inspect:--actor') :; return ;;
    'cert:--ca') _mtlsctl_directories; return ;;
    'cert:--store') :; return ;;
    'cert:--trace') _mtlsctl_files; return ;;
    'cert:--actor') :; return ;;
    'cert list:--ca') _mtlsctl_directories; return ;;
    'cert list:--store') :; return ;;
    'cert list:--lock-timeout') :; return ;;
    'cert list:--state') _mtlsctl_words 'intent issued revoked unknown burnt'; return ;;
    'cert list:--status') _mtlsctl_words 'valid not_yet_valid expired on_hold revoked pending unknown abandoned'; return ;;
    'cert list:--subject') :; return ;;
    'cert list:--expires-in') :; return ;;
    'cert list:--profile') _mtlsctl_profiles; return ;;
    'cert list:--limit') :; return ;;
    'cert list:--trace') _mtlsctl_files; return ;;
    'cert list:--actor') :; return ;;
    'cert show:--ca') _mtlsctl_directories; return ;;
    'cert show:--store') :; return ;;
    'cert show:--lock-timeout') :; return ;;
    'cert show:--trace') _mtlsctl_files; return ;;
    'cert show:--actor') :; return ;;
    'cert export:--ca') _mtlsctl_directories; return ;;
    'cert export:--store') :; return ;;
    'cert export:--lock-timeout') :; return ;;
    'cert export:--output') _mtlsctl_files; return ;;
    'cert export:-o') _mtlsctl_files; return ;;
    'cert export:--trace') _mtlsctl_files; return ;;
    'cert export:--actor') :; return ;;
    'store:--ca') _mtlsctl_directories; return ;;
    'store:--store') :; return ;;
    'store:--trace') _mtlsctl_files; return ;;
    'store:--actor') :; return ;;
    'store migrate:--ca') _mtlsctl_directories; return ;;
    'store migrate:--store') :; return ;;
    'store migrate:--lock-timeout') :; return ;;
    'store migrate:--trace') _mtlsctl_files; return ;;
    'store migrate:--actor') :; return ;;
    'store copy:--to') :; return ;;
    'store copy:--ca') _mtlsctl_directories; return ;;
    'store copy:--store') :; return ;;
    'store copy:--lock-timeout') :; return ;;
    'store copy:--trace') _mtlsctl_files; return ;;
    'store copy:--actor') :; return ;;
    'store check:--files') _mtlsctl_files; return ;;
    'store check:--ca') _mtlsctl_directories; return ;;
    'store check:--store') :; return ;;
    'store check:--lock-timeout') :; return ;;
    'store check:--trace') _mtlsctl_files; return ;;
    'store check:--actor') :; return ;;
    'store repair:--files') _mtlsctl_files; return ;;
    'store repair:--ca') _mtlsctl_directories; return ;;
    'store repair:--store') :; return ;;
    'store repair:--lock-timeout') :; return ;;
    'store repair:--trace') _mtlsctl_files; return ;;
    'store repair:--actor') :; return ;;
    'store backup:--ca') _mtlsctl_directories; return ;;
    'store backup:--store') :; return ;;
    'store backup:--lock-timeout') :; return ;;
    'store backup:--trace') _mtlsctl_files; return ;;
    'store backup:--actor') :; return ;;
    'store accept-rollback:--ca') _mtlsctl_directories; return ;;
    'store accept-rollback:--store') :; return ;;
    'store accept-rollback:--lock-timeout') :; return ;;
    'store accept-rollback:--trace') _mtlsctl_files; return ;;
    'store accept-rollback:--actor') :; return ;;
    'store accept-clock:--serial') :; return ;;
    'store accept-clock:--entry') :; return ;;
    'store accept-clock:--ca') _mtlsctl_directories; return ;;
    'store accept-clock:--store') :; return ;;
    'store accept-clock:--lock-timeout') :; return ;;
    'store accept-clock:--trace') _mtlsctl_files; return ;;
    'store accept-clock:--actor') :; return ;;
    'store accept-loss:--ca') _mtlsctl_directories; return ;;
    'store accept-loss:--store') :; return ;;
    'store accept-loss:--lock-timeout') :; return ;;
    'store accept-loss:--trace') _mtlsctl_files; return ;;
    'store accept-loss:--actor') :; return ;;
    'store import:--ca') _mtlsctl_directories; return ;;
    'store import:--store') :; return ;;
    'store import:--lock-timeout') :; return ;;
    'store import:--trace') _mtlsctl_files; return ;;
    'store import:--actor') :; return ;;
    'store export:--format') _mtlsctl_words 'openssl-index json csv'; return ;;
    'store export:--ca') _mtlsctl_directories; return ;;
    'store export:--store') :; return ;;
    'store export:--lock-timeout') :; return ;;
    'store export:--output') _mtlsctl_files; return ;;
    'store export:-o') _mtlsctl_files; return ;;
    'store export:--trace') _mtlsctl_files; return ;;
    'store export:--actor') :; return ;;
    'log:--ca') _mtlsctl_directories; return ;;
    'log:--store') :; return ;;
    'log:--trace') _mtlsctl_files; return ;;
    'log:--actor') :; return ;;
    'log show:--ca') _mtlsctl_directories; return ;;
    'log show:--store') :; return ;;
    'log show:--lock-timeout') :; return ;;
    'log show:--from') :; return ;;
    'log show:--last') :; return ;;
    'log show:--serial') :; return ;;
    'log show:--trace') _mtlsctl_files; return ;;
    'log show:--actor') :; return ;;
    'log verify:--ca') _mtlsctl_directories; return ;;
    'log verify:--store') :; return ;;
    'log verify:--lock-timeout') :; return ;;
    'log verify:--since') :; return ;;
    'log verify:--trace') _mtlsctl_files; return ;;
    'log verify:--actor') :; return ;;
    'log head:--ca') _mtlsctl_directories; return ;;
    'log head:--store') :; return ;;
    'log head:--lock-timeout') :; return ;;
    'log head:--ca-passphrase') _mtlsctl_words 'file: env: fd: prompt'; return ;;
    'log head:--trace') _mtlsctl_files; return ;;
    'log head:--actor') :; return ;;
    'render:--ca') _mtlsctl_directories; return ;;
    'render:--store') :; return ;;
    'render:--lock-timeout') :; return ;;
    'render:--crl') _mtlsctl_files; return ;;
    'render:--out') _mtlsctl_files; return ;;
    'render:-o') _mtlsctl_files; return ;;
    'render:--check') _mtlsctl_files; return ;;
    'render:--host') :; return ;;
    'render:--listen') :; return ;;
    'render:--server-cert') _mtlsctl_files; return ;;
    'render:--server-key') _mtlsctl_files; return ;;
    'render:--backend') :; return ;;
    'render:--trust-file') _mtlsctl_files; return ;;
    'render:--verify-depth') :; return ;;
    'render:--crl-file') _mtlsctl_files; return ;;
    'render:--name') :; return ;;
    'render:--namespace') :; return ;;
    'render:--image') :; return ;;
    'render:--ingress-class') :; return ;;
    'render:--alb-name') :; return ;;
    'render:--address-type') _mtlsctl_words 'Internet Intranet'; return ;;
    'render:--edition') _mtlsctl_words 'Standard StandardWithWaf WAF Basic'; return ;;
    'render:--vswitch') :; return ;;
    'render:--port') :; return ;;
    'render:--protocol') _mtlsctl_words 'HTTPS HTTP QUIC'; return ;;
    'render:--server-certificate-id') :; return ;;
    'render:--ca-certificate-id') :; return ;;
    'render:--security-policy') :; return ;;
    'render:--client-cert-header') _mtlsctl_words 'subjectdn issuerdn fingerprint clientverify'; return ;;
    'render:--listener-id') :; return ;;
    'render:--warehouse-id') :; return ;;
    'render:--region') :; return ;;
    'render:--client-cert') _mtlsctl_files; return ;;
    'render:--client-key') _mtlsctl_files; return ;;
    'render:--trust') _mtlsctl_files; return ;;
    'render:--resolve') :; return ;;
    'render:--trace') _mtlsctl_files; return ;;
    'render:--actor') :; return ;;
    'profile:--ca') _mtlsctl_directories; return ;;
    'profile:--store') :; return ;;
    'profile:--trace') _mtlsctl_files; return ;;
    'profile:--actor') :; return ;;
    'profile list:--profiles') _mtlsctl_directories; return ;;
    'profile list:--ca') _mtlsctl_directories; return ;;
    'profile list:--store') :; return ;;
    'profile list:--lock-timeout') :; return ;;
    'profile list:--trace') _mtlsctl_files; return ;;
    'profile list:--actor') :; return ;;
    'profile show:--profiles') _mtlsctl_directories; return ;;
    'profile show:--ca') _mtlsctl_directories; return ;;
    'profile show:--store') :; return ;;
    'profile show:--lock-timeout') :; return ;;
    'profile show:--trace') _mtlsctl_files; return ;;
    'profile show:--actor') :; return ;;
    'profile check:--trace') _mtlsctl_files; return ;;
    'profile check:--actor') :; return ;;
    'completion:--trace') _mtlsctl_files; return ;;
    'completion:--actor') :; return ;;
    'version:--trace') _mtlsctl_files; return ;;
    'version:--actor') :; return ;;
    'help:--trace') _mtlsctl_files; return ;;
    'help:--actor') :; return ;;
  esac
  case "$command" in
    '')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'ca client server key csr verify serve probe inspect cert store log render profile completion version help'"$topics"
      fi ;;
    'ca')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'init adopt sign show export'
      fi ;;
    'ca init')
      if [[ $cur == -* ]]; then _mtlsctl_words '--parent --path-length --permit --exclude --profile --if-missing --dry-run --subject --country --state --locality --organization --unit --common-name --email --days --validity --not-after --strict-validity --key-type --keygen --key-passphrase --ca --store --lock-timeout --ca-passphrase --allow-open-key --legacy-key --profiles --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'ca adopt')
      if [[ $cur == -* ]]; then _mtlsctl_words '--chain --reissue --profile --dry-run --days --validity --not-after --strict-validity --key-passphrase --ca --store --lock-timeout --ca-passphrase --allow-open-key --legacy-key --profiles --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'ca sign')
      if [[ $cur == -* ]]; then _mtlsctl_words '--output -o --profile --san --san-from-csr --no-chain --request-key --if-missing --force -f --dry-run --subject --country --state --locality --organization --unit --common-name --email --days --validity --not-after --strict-validity --ca --store --lock-timeout --ca-passphrase --allow-open-key --legacy-key --profiles --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'ca show')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --profiles --effective --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'ca export')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --chain --der --output -o --force -f --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'client')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'issue'
      fi ;;
    'client issue')
      if [[ $cur == -* ]]; then _mtlsctl_words '--name --out-dir --san --csr --san-from-csr --key --no-chain --profile --request-key --if-missing --force -f --force-key --dry-run --subject --country --state --locality --organization --unit --common-name --email --days --validity --not-after --strict-validity --key-type --keygen --key-passphrase --ca --store --lock-timeout --ca-passphrase --allow-open-key --legacy-key --profiles --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'server')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'issue'
      fi ;;
    'server issue')
      if [[ $cur == -* ]]; then _mtlsctl_words '--name --out-dir --san --csr --san-from-csr --key --no-chain --profile --request-key --if-missing --force -f --force-key --dry-run --subject --country --state --locality --organization --unit --common-name --email --days --validity --not-after --strict-validity --key-type --keygen --key-passphrase --ca --store --lock-timeout --ca-passphrase --allow-open-key --legacy-key --profiles --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'key')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'generate'
      fi ;;
    'key generate')
      if [[ $cur == -* ]]; then _mtlsctl_words '--output -o --key-type --keygen --key-passphrase --force -f --force-key --dry-run --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'csr')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'create'
      fi ;;
    'csr create')
      if [[ $cur == -* ]]; then _mtlsctl_words '--key --key-passphrase --legacy-key --allow-open-key --output -o --san --challenge-password --company-name --force -f --dry-run --subject --country --state --locality --organization --unit --common-name --email --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'verify')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --trust --untrusted --revocation-ca --trust-fingerprint --purpose --host --at --key --key-passphrase --legacy-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'serve')
      if [[ $cur == -* ]]; then _mtlsctl_words '--listen --cert --key --key-passphrase --client-ca --crl --revocation-ca --client-auth --tls-min --san --timeout --idle-timeout --max-connections --ca --store --lock-timeout --ca-passphrase --allow-open-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'probe')
      if [[ $cur == -* ]]; then _mtlsctl_words '--cert --key --key-passphrase --trust --insecure-server --resolve --sni --host-header --alt-sni --proxy --neighbour --neighbour-passphrase --tls --require --expect-crl --repeat --compare --ca --probe-ca --identity --revoked-cert --revoked-key --ca-passphrase --allow-open-key --legacy-key --lock-timeout --timeout --wait --jobs --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'inspect')
      if [[ $cur == -* ]]; then _mtlsctl_words '--help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'cert')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'list show export'
      fi ;;
    'cert list')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --state --status --subject --expires-in --profile --limit --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'cert show')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'cert export')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --no-chain --der --output -o --force -f --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'migrate copy check repair backup accept-rollback accept-clock accept-loss import export'
      fi ;;
    'store migrate')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --allow-open-key --dry-run --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store copy')
      if [[ $cur == -* ]]; then _mtlsctl_words '--to --ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store check')
      if [[ $cur == -* ]]; then _mtlsctl_words '--files --ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store repair')
      if [[ $cur == -* ]]; then _mtlsctl_words '--files --ca --store --lock-timeout --allow-open-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store backup')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'store accept-rollback')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --allow-open-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store accept-clock')
      if [[ $cur == -* ]]; then _mtlsctl_words '--serial --entry --ca --store --lock-timeout --allow-open-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store accept-loss')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --allow-open-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'store import')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --allow-open-key --dry-run --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'store export')
      if [[ $cur == -* ]]; then _mtlsctl_words '--format --ca --store --lock-timeout --output -o --force -f --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'log')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'show verify head'
      fi ;;
    'log show')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --from --last --serial --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'log verify')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --since --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'log head')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --lock-timeout --sign --ca-passphrase --allow-open-key --legacy-key --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'render')
      if [[ $cur == -* ]]; then _mtlsctl_words '--list --ca --store --lock-timeout --crl --out -o --force -f --check --allow-open-key --host --listen --server-cert --server-key --backend --trust-file --verify-depth --crl-file --name --namespace --image --ingress-class --alb-name --address-type --edition --vswitch --port --protocol --quic-upgrade --server-certificate-id --ca-certificate-id --security-policy --client-cert-header --listener-id --warehouse-id --region --client-cert --client-key --trust --resolve --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'albconfig k8s-demo k8s-secret nginx haproxy envoy aliyun-cli curl'
      fi ;;
    'profile')
      if [[ $cur == -* ]]; then _mtlsctl_words '--ca --store --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'list show check'
      fi ;;
    'profile list')
      if [[ $cur == -* ]]; then _mtlsctl_words '--profiles --ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'profile show')
      if [[ $cur == -* ]]; then _mtlsctl_words '--profiles --ca --store --lock-timeout --help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_profiles
      fi ;;
    'profile check')
      if [[ $cur == -* ]]; then _mtlsctl_words '--help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_files
      fi ;;
    'completion')
      if [[ $cur == -* ]]; then _mtlsctl_words '--help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else _mtlsctl_words 'bash zsh fish'
      fi ;;
    'version')
      if [[ $cur == -* ]]; then _mtlsctl_words '--help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
    'help')
      if [[ $cur == -* ]]; then _mtlsctl_words '--help -h --json --quiet -q --verbose -v --no-input --trace --actor'
      else :
      fi ;;
  esac
}

complete -F _mtlsctl mtlsctl
