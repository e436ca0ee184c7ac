# Every library the program is linked with. All but the C library are headers or static archives,
# so that one file runs wherever the C library is new enough (the wheel depends on it).
# Each is a package of Debian 12 (scripts/install-system) and of Homebrew.

add_library(portwright_dependencies INTERFACE)

find_package(nlohmann_json 3.11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(fmt REQUIRED)
find_package(Threads REQUIRED)
find_package(CLI11 REQUIRED)
find_path(XXHASH_INCLUDE xxhash.h REQUIRED)
find_path(YAML_CPP_INCLUDE yaml-cpp/yaml.h REQUIRED)
find_library(YAML_CPP NAMES libyaml-cpp.a yaml-cpp REQUIRED)

set(OPENSSL_USE_STATIC_LIBS TRUE)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)

target_link_libraries(portwright_dependencies INTERFACE
  nlohmann_json::nlohmann_json tl::expected fmt::fmt-header-only OpenSSL::Crypto Threads::Threads ${CMAKE_DL_LIBS} CLI11::CLI11 ${YAML_CPP})
target_include_directories(portwright_dependencies SYSTEM INTERFACE ${XXHASH_INCLUDE} ${YAML_CPP_INCLUDE})

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Python source is read with tree-sitter: its runtime is a system package, its grammar C source of the package index.
find_path(TREE_SITTER_INCLUDE tree_sitter/api.h REQUIRED)
find_library(TREE_SITTER NAMES libtree-sitter.a tree-sitter REQUIRED)
execute_process(COMMAND ${PROJECT_SOURCE_DIR}/scripts/install-grammar COMMAND_ERROR_IS_FATAL ANY)
add_library(portwright_python_grammar STATIC build-grammar/parser.c build-grammar/scanner.c)
set_target_properties(portwright_python_grammar PROPERTIES UNITY_BUILD OFF)
target_include_directories(portwright_python_grammar PRIVATE ${PROJECT_SOURCE_DIR}/build-grammar)
target_include_directories(portwright_python_grammar SYSTEM INTERFACE ${TREE_SITTER_INCLUDE})
target_link_libraries(portwright_python_grammar INTERFACE ${TREE_SITTER})
