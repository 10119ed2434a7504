# Script: writes OUTPUT, a .cpp that holds the migrations found in SOURCE_DIR as string literals
# (ledger/embedded_migrations.hpp declares what it defines). Run by daemon/ledger/CMakeLists.txt whenever an .sql changes:
#   cmake -DSOURCE_DIR=… -DOUTPUT=… -P embed_sql.cmake
set(delimiter nowd_sql)

function(embed file out_literal)
  file(READ "${file}" text)
  string(FIND "${text}" ")${delimiter}\"" clash)
  if(NOT clash EQUAL -1)
    message(FATAL_ERROR "${file}: holds )${delimiter}\", which ends the literal it is embedded in")
  endif()
  set(${out_literal} "R\"${delimiter}(${text})${delimiter}\"" PARENT_SCOPE)
endfunction()

file(GLOB numbered "${SOURCE_DIR}/[0-9][0-9][0-9][0-9]_*.sql")  # sorted by name, which is the order of application
set(code "// Written by cmake/embed_sql.cmake from migrations/*.sql: edit those.\n")
string(APPEND code "#include \"ledger/schema/embedded_migrations.hpp\"\n\nnamespace nowd {\nnamespace {\n\n")
string(APPEND code "constexpr EmbeddedScript numbered[] = {\n")
foreach(file IN LISTS numbered)
  get_filename_component(name "${file}" NAME_WE)
  embed("${file}" literal)
  string(APPEND code "    {\"${name}\", ${literal}},\n")
endforeach()
string(APPEND code "};\n\n}  // namespace\n\n")
string(APPEND code "std::span<const EmbeddedScript> embedded_migrations() { return numbered; }\n")
foreach(script roles grants)
  embed("${SOURCE_DIR}/${script}.sql" literal)
  string(APPEND code "EmbeddedScript ${script}_script() { return {\"${script}\", ${literal}}; }\n")
endforeach()
string(APPEND code "\n}  // namespace nowd\n")
file(WRITE "${OUTPUT}" "${code}")
