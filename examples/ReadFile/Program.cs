// readfile IMAGE OPTIONS PATH: prints a file of an image; readfile disk.qcow2 part=2 etc/hostname
using ImageFs.Images;
using ImageFs.Linux;
using ImageFs.Storage;
using ImageFs.Tree;

try
{
    using var image = ImageStack.Open(args[0], args[1]);
    FileSystem files = image.OpenFileSystem();
    byte[] text = files.ReadFile(args[2]);

    using Stream output = Console.OpenStandardOutput();
    output.Write(text);
    return 0;
}
catch (Exception e) when (e is ImageException or OptionException or LinuxException)
{
    // The image is damaged or not read, no volume is like that, there is no such file: the message says which, and where.
    Console.Error.WriteLine($"readfile: {args[0]}: {e.Message}");
    return 1;
}
