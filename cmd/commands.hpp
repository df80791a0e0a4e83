// The commands, each in its own file; commands.cpp holds the table.
#pragma once

namespace mtls::cmd {

class Command;

void add_ca_export(Command& command);
void add_ca_adopt(Command& command);
void add_ca_init(Command& command);
void add_ca_show(Command& command);
void add_ca_sign(Command& command);
void add_cert_export(Command& command);
void add_cert_list(Command& command);
void add_cert_show(Command& command);
void add_client_issue(Command& command);
void add_completion(Command& command);
void add_csr_create(Command& command);
void add_docs(Command& command);
void add_help(Command& command);
void add_inspect(Command& command);
void add_key_generate(Command& command);
void add_probe(Command& command);
void add_profile_check(Command& command);
void add_profile_list(Command& command);
void add_profile_show(Command& command);
void add_render(Command& command);
void add_serve(Command& command);
void add_server_issue(Command& command);
void add_store_copy(Command& command);
void add_log_head(Command& command);
void add_log_show(Command& command);
void add_log_verify(Command& command);
void add_store_accept_clock(Command& command);
void add_store_accept_loss(Command& command);
void add_store_accept_rollback(Command& command);
void add_store_backup(Command& command);
void add_store_check(Command& command);
void add_store_export(Command& command);
void add_store_import(Command& command);
void add_store_repair(Command& command);
void add_store_migrate(Command& command);
void add_verify(Command& command);
void add_version(Command& command);

}  // namespace mtls::cmd
