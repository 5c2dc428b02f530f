using System.CommandLine;
using ImageFs.FileSystems;
using ImageFs.Help;
using ImageFs.Mounting;
using ImageFs.Storage;

namespace ImageFs.Commands;

/// <summary>A command that reads an image without mounting it: what all of them take, and how they open it.</summary>
internal sealed class ImageCommand : Verb
{
    private readonly Argument<string> _image = new("IMAGE") { Description = "An image file, a block device, /dev/fd/N, or IMAGE//PATH: an image inside an image." };
    private readonly Option<string[]> _options = new("-o", "--options") { Description = "Options of the format, as for mount.", HelpName = "OPTIONS" };

    /// <summary>Makes the command; its further arguments and options are added to it.</summary>
    internal ImageCommand(string name, string description)
        : base(name, description)
    {
        Add(_image);
        Add(_options);
    }

    /// <summary>Sets what the command does with the image's layers, opened.</summary>
    /// <param name="action">Gets the layers, the mount options and what was parsed; returns the exit status.</param>
    internal void SetAction(Func<ImageStack, MountOptions, ParseResult, int> action) => SetAction(parsed =>
    {
        var options = MountOptions.Parse(string.Join(',', parsed.GetValue(_options) ?? []));
        using ImageStack stack = ImageStack.Open(parsed.GetRequiredValue(_image), options, Log.WriteToStandardError);
        return action(stack, options, parsed);
    });

    /// <summary>Sets what the command does with the image's files.</summary>
    /// <param name="action">Gets the file system and what was parsed; returns the exit status.</param>
    internal void SetAction(Func<FileSystem, ParseResult, int> action) => SetAction((stack, options, parsed) =>
    {
        FileSystem fileSystem = stack.OpenFileSystem(options);
        SessionOptions.RefuseRest(options);
        return action(fileSystem, parsed);
    });
}
