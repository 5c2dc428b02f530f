namespace ImageFs.FileSystems.Iso9660;

/// <summary>The character set that Joliet names are shown in (<c>iocharset=</c>).</summary>
internal enum NameCharset
{
    /// <summary>UTF-8.</summary>
    Utf8,

    /// <summary>ISO 8859-1; other characters become question marks.</summary>
    Latin1,

    /// <summary>ASCII; other characters become question marks.</summary>
    Ascii,
}
