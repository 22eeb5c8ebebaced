#include "cli/options.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace gulo {
namespace {

constexpr const char* kDataHelp =
    "labelled files: a folder LABEL/FILE; a folder or archive (.tar, .tar.zst, .tar.gz, .zip) with train/ and test/; "
    "a list of paths and labels (.tsv, .csv); or a table (.csv, .tsv, .jsonl, .parquet, .ts, .npz)";

std::vector<OptionRecord> make_option_records() {
  using enum OptionType;
  return {
      {.name = "-o,--output",
       .type = kPath,
       .field = &Options::model,
       .value_name = "MODEL",
       .help = "the file that the recogniser is written to; replaced whole or not at all",
       .commands = {"train"},
       .required = true},
      {.name = "--budget",
       .type = kDuration,
       .field = &Options::budget,
       .value_name = "TIME",
       .default_text = "60s",
       .help = "computing time to spend, reading included: 30s, 2m, 1h. More time, fewer errors",
       .commands = {"train", "compare"}},
      {.name = "--as",
       .type = kText,
       .field = &Options::as,
       .value_name = "KIND",
       .default_text = "auto",
       .help =
           "what the files are opened to: auto, bytes (every file as it lies), samples, pixels or cells; fields "
           "takes all columns of a table that names files; COLUMN=KIND,... of the files that columns of a table name",
       .commands = {"train", "compare"}},
      {.name = "--task",
       .type = kChoice,
       .field = &Options::task,
       .value_name = "TASK",
       .default_text = "auto",
       .choices = {"auto", "label", "labels", "number"},
       .help = "what to learn: one label an item, several labels (with |, ; or , between them), or a number; auto "
               "guesses from the labels",
       .commands = {"train"}},
      {.name = "--label",
       .type = kText,
       .field = &Options::label,
       .value_name = "COLUMN",
       .help = "the column of labels in a list or table: its name, its number from 1, or -1 for the last",
       .commands = {"train", "test", "compare"}},
      {.name = "--column",
       .type = kText,
       .field = &Options::column,
       .value_name = "COLUMN",
       .help = "the column of text that is the item, in a table (.csv, .tsv, .jsonl, .parquet): its name or number. A "
               "recogniser "
               "of text remembers it",
       .commands = {"train", "test", "predict", "compare"}},
      {.name = "--valid",
       .type = kPath,
       .field = &Options::valid,
       .value_name = "DATA",
       .help = "labelled files to validate with, instead of a part of the training files",
       .commands = {"train"},
       .excludes = "--valid-fraction"},
      {.name = "--valid-fraction",
       .type = kNumber,
       .field = &Options::valid_fraction,
       .value_name = "FRACTION",
       .default_text = "0.1",
       .help = "the part of the training files that is kept for validation",
       .commands = {"train"},
       .minimum = 0.001,
       .maximum = 0.9},
      {.name = "--unlabelled",
       .type = kPath,
       .field = &Options::unlabelled,
       .value_name = "DATA",
       .help =
           "files of the same kind without labels, in any folders: those that a first recogniser is sure of help to "
           "train a second one. For few labelled and many unlabelled files",
       .commands = {"train"}},
      {.name = "--parts",
       .type = kChoice,
       .field = &Options::parts,
       .value_name = "PARTS",
       .default_text = "both",
       .choices = {"both", "wide", "deep"},
       .help = "the parts of the learner that train",
       .commands = {"train"}},
      {.name = "--balanced",
       .type = kFlag,
       .field = &Options::balanced,
       .help = "every label weighs the same, however rare: fewer items of rare labels are missed, and more of the "
               "others are taken for them",
       .commands = {"train"}},
      {.name = "--no-augment",
       .type = kFlag,
       .field = &Options::no_augment,
       .help = "train on the items as they are, not moved, mirrored, stretched or cut at random",
       .commands = {"train"}},
      {.name = "--device",
       .type = kChoice,
       .field = &Options::device,
       .value_name = "DEVICE",
       .default_text = "auto",
       .choices = {"auto", "cpu", "cuda"},
       .help = "where to compute; a device that is absent is an error",
       .commands = {"train"}},
      {.name = "--seed",
       .type = kInteger,
       .field = &Options::seed,
       .value_name = "N",
       .default_text = "0",
       .help = "start of all random numbers; with --steps, the same seed gives the same bits on a CPU",
       .commands = {"train", "compare"},
       .minimum = 0,
       .maximum = 1e15},
      {.name = "--steps",
       .type = kInteger,
       .field = &Options::steps,
       .value_name = "N",
       .default_text = "0",
       .help = "exactly so many deep steps, whatever they take; 0: as many as the budget allows",
       .commands = {"train"},
       .minimum = 0,
       .maximum = 1e15},
      {.name = "--checkpoint",
       .type = kText,
       .field = &Options::checkpoint,
       .value_name = "TIME",
       .default_text = "auto",
       .help = "how often what the training has come to is written to MODEL.checkpoint, which is removed at the end: "
               "30s, 10m, never; auto: with a budget of 2 minutes or more, a twentieth of it, at least 30 s",
       .commands = {"train"}},
      {.name = "--resume",
       .type = kFlag,
       .field = &Options::resume,
       .help = "go on from MODEL.checkpoint, with the same data and options: the result is that of a training that was "
               "never broken off, with --steps and --threads bit for bit on a CPU",
       .commands = {"train"}},
      {.name = "--split",
       .type = kChoice,
       .field = &Options::split,
       .value_name = "PART",
       .default_text = "auto",
       .choices = {"auto", "all", "train", "test"},
       .help = "the part of DATA to take where it has train/ and test/; auto: train takes train/, test takes test/",
       .commands = {"train", "test"}},
      {.name = "--max-bad",
       .type = kNumber,
       .field = &Options::max_bad,
       .value_name = "FRACTION",
       .default_text = "0.01",
       .help = "more unreadable files than this part of all is an error",
       .commands = {"train", "test", "compare"},
       .minimum = 0,
       .maximum = 1},
      {.name = "--memory",
       .type = kText,
       .field = &Options::memory,
       .value_name = "SIZE",
       .help = "items that take more than this, 512M or 8G, are streamed from a temporary file (in $TMPDIR, or beside "
               "MODEL); without it: half of the free memory",
       .commands = {"train", "test"}},
      {.name = "-r,--recursive",
       .type = kFlag,
       .field = &Options::recursive,
       .help = "recognise all files in the folders given",
       .commands = {"predict"}},
      {.name = "--top",
       .type = kInteger,
       .field = &Options::top,
       .value_name = "K",
       .help =
           "give the K most probable labels; without it one, or of several labels an item all with a probability of "
           "0.5 or more",
       .commands = {"predict"},
       .minimum = 1,
       .maximum = 1e6},
      {.name = "--format",
       .type = kChoice,
       .field = &Options::format,
       .value_name = "FORMAT",
       .default_text = "text",
       .choices = {"text", "json", "jsonl", "csv"},
       .help = "text: a line for people; json: one array; jsonl: an object a line; csv: path,label,probability or "
               "path,number",
       .commands = {"predict"}},
      {.name = "--report",
       .type = kPath,
       .field = &Options::report,
       .value_name = "FILE.html",
       .help = "also write a page to look at: what is confused and how sure it was; for compare, who wins and why",
       .commands = {"test", "compare"}},
      {.name = "--curve",
       .type = kFlag,
       .field = &Options::curve,
       .help = "run gulo also at 1/4, 1/2, 2 and 4 times the budget: error against budget",
       .commands = {"compare"}},
      {.name = "--rival",
       .type = kPath,
       .field = &Options::rival,
       .value_name = "FILE.py",
       .help = "your own pipeline, a Python file with fit and predict (docs/compare.md); may be given several times",
       .commands = {"compare"}},
      {.name = "--rivals",
       .type = kPath,
       .field = &Options::rivals,
       .value_name = "FOLDER",
       .help = "the folder of rivals, where it is not the one beside gulo",
       .commands = {"compare"}},
      {.name = "--only",
       .type = kText,
       .field = &Options::only,
       .value_name = "NAME",
       .help = "of gulo's own rivals, those whose name contains this",
       .commands = {"compare"}},
      {.name = "--rival-limit",
       .type = kDuration,
       .field = &Options::rival_limit,
       .value_name = "TIME",
       .default_text = "10m",
       .help = "a rival that takes longer is stopped and left out",
       .commands = {"compare"}},
      {.name = "--python",
       .type = kPath,
       .field = &Options::python,
       .value_name = "PROGRAM",
       .help =
           "the Python that runs the rivals and has their packages; without it they are installed on first use, into "
           "an environment of their own",
       .commands = {"compare"}},
      {.name = "--threads",
       .type = kInteger,
       .field = &Options::threads,
       .value_name = "N",
       .default_text = "0",
       .help = "threads to compute with; 0: one for every core that gulo may use",
       .commands = {"train", "test", "predict", "compare"},
       .minimum = 0,
       .maximum = 4096},
      {.name = "--json",
       .type = kFlag,
       .field = &Options::json,
       .help = "print one JSON object on standard output",
       .commands = {"train", "test", "info", "compare", "doctor"}},
  };
}

std::vector<CommandRecord> make_command_records() {
  const ArgumentRecord data{.name = "DATA", .field = &Options::data, .help = kDataHelp};
  const ArgumentRecord model{.name = "MODEL", .field = &Options::model, .help = "a recogniser that `gulo train` wrote"};
  const ArgumentRecord files{
      .name = "FILE", .field = &Options::data, .help = "files, folders with -r, or - for standard input", .many = true};
  const ArgumentRecord shell{
      .name = "SHELL", .field = &Options::shell, .help = "your shell", .choices = {"bash", "zsh", "fish"}};
  return {
      {.name = "train",
       .summary = "learn to recognise labelled files within a budget of time",
       .details =
           "Every byte of every file is read; there is nothing to prepare. Ctrl-C keeps the best recogniser so far. "
           "Processes that torchrun, mpirun or srun start train together (docs/distributed.md).",
       .arguments = {data},
       .examples = {{"gulo train mails/ -o mails.gulo", "folders mails/ham/, mails/spam/; one minute"},
                    {"gulo train types.tar.zst -o types.gulo --budget 10m", "an archive; ten minutes"},
                    {"gulo train list.csv --label class -o x.gulo", "a table of paths and labels"},
                    {"gulo train wine.csv --task number -o wine.gulo", "a number for each row"},
                    {"gulo train posts.jsonl --column text -o x.gulo", "a field of text; its label in another"}}},
      {.name = "test",
       .summary = "measure a recogniser on labelled files",
       .details = "Labels are matched by name; items of a label that the recogniser does not know count as wrong. Of a "
                  "recogniser of "
                  "numbers it says how far they are off.",
       .arguments = {model, data},
       .examples = {{"gulo test mails.gulo mails/", "error, its interval, what is confused with what"},
                    {"gulo test mails.gulo new/ --report mails.html", "a page to look at"},
                    {"gulo test mails.gulo new/ --json", "for scripts"}}},
      {.name = "predict",
       .summary = "recognise files",
       .details = "Answers come in the order given; a table gives one for each row, called FILE:ROW. A file that "
                  "cannot be read "
                  "is reported on standard error, the rest go on, and the exit code is 1.",
       .arguments = {model, files},
       .examples = {{"gulo predict types.gulo download.bin", "download.bin: png 0.998"},
                    {"gulo predict types.gulo -r ~/Downloads --format jsonl", "an object a line"},
                    {"head -c 4096 /dev/sda | gulo predict types.gulo - --top 3", "standard input"}}},
      {.name = "info",
       .summary = "say what a recogniser is and how well it did",
       .details = "What it recognises, what it was trained on and for how long, its validation error and its curve.",
       .arguments = {model},
       .examples = {{"gulo info mails.gulo", "for people"}, {"gulo info mails.gulo --json", "all of the metadata"}}},
      {.name = "compare",
       .summary = "measure whether brute force beats preprocessing on your data",
       .details = "Runs gulo and ordinary pipelines for the kind of data (rivals) on the same split, one after the "
                  "other on the "
                  "same cores, and says who wins. Without a test part in DATA a fifth of each label's items is one.",
       .arguments = {data},
       .examples = {{"gulo compare mails/", "error, time, memory and lines of code of each, and a verdict"},
                    {"gulo compare mails/ --curve --report mails.html",
                     "what more time would change; a page to look at"},
                    {"gulo compare mails/ --rival mine.py --json", "your own pipeline beside them; for scripts"}}},
      {.name = "doctor",
       .summary = "check this machine: devices, instruction sets, kernels",
       .details = "Probes the peak of matrix multiplication and tests every kernel against its reference.",
       .arguments = {},
       .examples = {{"gulo doctor", "what gulo can use here, and how fast it is"}}},
      {.name = "completion",
       .summary = "print the completion script of a shell",
       .details = "",
       .arguments = {shell},
       .examples = {{"source <(gulo completion bash)", "in ~/.bashrc"},
                    {"gulo completion fish > ~/.config/fish/completions/gulo.fish", ""}}},
  };
}

}  // namespace

std::string OptionRecord::long_name() const { return name.substr(name.find("--")); }

std::string OptionRecord::short_name() const { return name.starts_with("--") ? "" : name.substr(0, name.find(',')); }

bool OptionRecord::accepted_by(const std::string& command) const { return std::ranges::count(commands, command) > 0; }

const std::vector<OptionRecord>& option_records() {
  static const std::vector<OptionRecord> records = make_option_records();
  return records;
}

const std::vector<CommandRecord>& command_records() {
  static const std::vector<CommandRecord> records = make_command_records();
  return records;
}

const CommandRecord* find_command(const std::string& name) {
  const auto found = std::ranges::find(command_records(), name, &CommandRecord::name);
  return found == command_records().end() ? nullptr : &*found;
}

nlohmann::json option_values(const Options& options) {
  nlohmann::json values = nlohmann::json::object();
  for (const OptionRecord& record : option_records()) {
    if (!record.accepted_by(options.command)) continue;
    std::visit([&](auto field) { values[record.long_name().substr(2)] = options.*field; }, record.field);
  }
  return values;
}

}  // namespace gulo
