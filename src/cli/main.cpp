#include "cli/program.hpp"

int main(int count, char** words) { return portwright::cli::run_program({words, words + count}); }
