namespace ImageFs.Storage.Formats;

/// <summary>
/// Something that an image can be, which describes itself: help, <c>fs=</c>, completion, recognition and the lists of the documents
/// come from here.
/// </summary>
public abstract class Format
{
    /// <summary>Its name: that of Linux's driver, of blkid or of qemu-img where they have one: "iso9660", "qcow2".</summary>
    public abstract string Name { get; }

    /// <summary>What it is, for people: "ISO 9660 with Joliet and Rock Ridge".</summary>
    public abstract string Title { get; }

    /// <summary>Other names that a user may give it.</summary>
    public virtual IReadOnlyList<string> Aliases => [];

    /// <summary>Bytes at fixed places that tell it, any of them; empty when only a look at structures tells.</summary>
    public virtual IReadOnlyList<Mark> Marks => [];

    /// <summary>How the names of files end that have one, with the dot: ".iso". Empty when none is usual.</summary>
    public virtual IReadOnlyList<string> FileExtensions => [];

    /// <summary>The options that it takes, for help and completion.</summary>
    public virtual IReadOnlyList<FormatOption> Options => [];

    /// <summary>Whether the program reads it; else it is recognised, and told by name.</summary>
    public virtual bool IsRead => true;

    /// <summary>Whether a name that a user gives is meant for this format.</summary>
    public bool IsNamed(string name) => name == Name || Aliases.Contains(name);

    /// <summary>Whether one of its marks is there.</summary>
    /// <param name="window">The volume or file.</param>
    /// <exception cref="Linux.LinuxException">The device failed: that is no answer.</exception>
    protected virtual bool HasMarks(ProbeWindow window)
    {
        foreach (Mark mark in Marks)
        {
            if (mark.IsIn(window))
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>An option of <c>-o</c>.</summary>
/// <param name="Term">What is typed, with its choices where it has few: "check=r|s"; a word in capitals stands for what is given.</param>
/// <param name="Meaning">What it means, in half a line.</param>
public sealed record FormatOption(string Term, string Meaning)
{
    /// <summary>Its name, without the value.</summary>
    public string Name => Term.IndexOf('=', StringComparison.Ordinal) is >= 0 and var end ? Term[..end] : Term;
}

/// <summary>What tells a volume from others, read without opening it.</summary>
/// <param name="Type">Its type as blkid has it: "ext3" is one of the format "ext4".</param>
/// <param name="Label">Its label; empty when it has none.</param>
/// <param name="Uuid">Its UUID as blkid forms it; empty when it has none.</param>
public sealed record VolumeIdentity(string Type, string Label = "", string Uuid = "");
