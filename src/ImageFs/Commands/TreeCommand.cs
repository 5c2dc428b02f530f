using System.CommandLine;
using ImageFs.Advice;
using ImageFs.Help;
using ImageFs.Linux;
using ImageFs.Mounting;
using ImageFs.Output;
using ImageFs.Reading;
using ImageFs.Tree;

namespace ImageFs.Commands;

/// <summary><c>imagefs tree IMAGE [PATH]</c>.</summary>
internal static class TreeCommand
{
    internal static Command Create()
    {
        var path = new Argument<string>("PATH") { Description = "A directory in it.", DefaultValueFactory = _ => "/" };
        var level = new NumberOption("-L", "--level") { Description = "How deep to go." };
        var command = new ImageCommand("tree", "Show the directories of an image as a tree; nothing is mounted.")
        {
            path, level,
            new Example("imagefs tree -L 2 debian.iso", "two levels of a tree"),
        };
        command.SetAction((fileSystem, parsed) =>
        {
            string top = parsed.GetRequiredValue(path);
            NodeId node = MeantPath.Find(fileSystem, top);
            if (fileSystem.GetAttributes(node).Type != NodeType.Directory)
            {
                throw new LinuxException("open", Errno.ENOTDIR, top);
            }

            using Stream output = StandardOutput.Open();
            var tree = new TreePicture(fileSystem, output, Log.WriteToStandardError);
            tree.Write(new NamedNode(ByteText.ToBytes(top), node), parsed.GetValue(level) ?? int.MaxValue);
            return tree.Failures == 0 ? ExitStatus.Success : ExitStatus.Incomplete;
        });
        return command;
    }
}
