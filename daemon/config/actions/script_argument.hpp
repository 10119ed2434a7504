// Which elements of a command line an interpreter takes for a program.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace nowd {

/// Places in `argv` whose text a shell, another interpreter or a database client runs as a program: what stands behind
/// `sh -c`, `bash -lc`, `python3 -c`, `perl -e`, `node --eval=…`, `env -S`, `awk`, `ssh HOST`, `psql -c`, also where
/// the interpreter is started by env, timeout, sudo and the like. A value that is put into such a text becomes part of
/// the program. Arguments behind the script are data and are not among them. Doubtful ones are.
std::vector<std::size_t> script_arguments(const std::vector<std::string>& argv);

}  // namespace nowd
