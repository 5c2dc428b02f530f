using System.CommandLine;
using ImageFs.Help;
using ImageFs.Output;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs cat IMAGE PATH...</c>.</summary>
internal static class CatCommand
{
    internal static Command Create()
    {
        var paths = new Argument<string[]>("PATH") { Description = "Files in it.", Arity = ArgumentArity.OneOrMore };
        var command = new ImageCommand("cat", "Print files of an image; nothing is mounted.")
        {
            paths,
            new Example("imagefs cat disk.img etc/os-release", "print a file"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            using Stream output = StandardOutput.Open();
            return ImageCommand.ForEach(parsed, fileSystem, parsed.GetRequiredValue(paths), path => fileSystem.OpenFile(path).CopyTo(output));
        });
        return command;
    }
}
